// `import Geul` imports all libraries of the package except GeulCharts.
@_exported public import GeulCompression
@_exported public import GeulExchange
@_exported public import GeulGeneration
@_exported public import GeulInsight
@_exported public import GeulCompute
@_exported public import GeulModel
@_exported public import GeulNGrams
@_exported public import GeulPage
@_exported public import GeulStorage
@_exported public import GeulText
@_exported public import GeulTraining
