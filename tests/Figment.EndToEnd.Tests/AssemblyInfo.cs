// Two nodes on one machine take networks from the same pool: one after the other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
