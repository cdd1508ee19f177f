using Xunit.Sdk;
using Xunit.v3;

// Two nodes on one machine take networks from the same pool: one after the other.
[assembly: Parallelization(Mode = ParallelMode.None)]
