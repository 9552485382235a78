import Foundation
import PackagePlugin

/// Runs `EmbedResources` on the folder Resources of a target before the target is compiled.
@main
struct EmbedResourcesPlugin: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let folder = target.directoryURL.appending(path: "Resources")
    let output = context.pluginWorkDirectoryURL.appending(path: "EmbeddedResources.swift")
    let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
    return [
      .buildCommand(
        displayName: "Embedding the resources of \(target.name)",
        executable: try context.tool(named: "EmbedResources").url,
        arguments: [folder.path, output.path],
        inputFiles: paths.map { folder.appending(path: $0) }.filter { !$0.hasDirectoryPath },
        outputFiles: [output])
    ]
  }
}
