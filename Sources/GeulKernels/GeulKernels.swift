// The room GeulKernels is furnished in the commits that follow.
