namespace Figment.Simulation.Traces;

/// <summary>How a trace is written: docs/simulation.md.</summary>
public enum TraceFormat
{
    /// <summary>A head <c>at_s,service[,duration_ms][,client]</c>, then a row a request.</summary>
    Csv,

    /// <summary>An object with the same names a line.</summary>
    JsonLines,

    /// <summary>The public traces of Azure Functions, 2021: <c>app,func,end_timestamp,duration</c>.</summary>
    Azure,

    /// <summary>A web server's log, common or combined, with the duration in microseconds (<c>%D</c>) at its end or without.</summary>
    AccessLog,
}
