using Xunit.Sdk;
using Xunit.v3;

// The scenarios measure nothing, but two at a time on a small machine run into time-outs of the programs themselves.
[assembly: Parallelization(Mode = ParallelMode.None)]
