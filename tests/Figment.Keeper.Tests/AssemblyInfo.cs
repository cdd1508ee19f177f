using Xunit.Sdk;
using Xunit.v3;

// A process that is started holds copies of all descriptors until its exec: a port that another test has just let go would be taken for that moment.
[assembly: Parallelization(Mode = ParallelMode.None)]
