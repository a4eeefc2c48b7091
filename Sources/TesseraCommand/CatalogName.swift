import ArgumentParser
import Tessera

/// The operator that a command line names, by its name or label in any case. One that there is not is called the same
/// by every subcommand.
func catalogEntry(named name: String) throws -> OperatorEntry {
  do { return try OperatorCatalog.entry(named: name) } catch {
    throw ValidationError("operator: expected one of \(catalogNames), got \"\(name)\"")
  }
}

/// Names of all operators, with labels where they have one.
let catalogNames = OperatorCatalog.entries.map { entry in
  entry.descriptor.name + (entry.descriptor.label.map { " (\($0))" } ?? "")
}.joined(separator: ", ")
