public import ArgumentParser
public import GeulCharts

extension Language: ExpressibleByArgument {}
