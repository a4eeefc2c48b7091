import ArgumentParser
import Tessera

/// The operator that a command line names, by its name or label in any case. One that there is not is called the same
/// by every subcommand, with those that come near to it.
func catalogEntry(named name: String) throws -> OperatorEntry {
  do { return try OperatorCatalog.entry(named: name) } catch {
    let near = nearestEntries(to: name).map(title).joined(separator: ", ")
    throw ValidationError(
      "operator: expected a name or label that tessera bench --help lists\(near.isEmpty ? "" : ", such as \(near)"), "
        + "got \"\(name)\"")
  }
}

/// Names of all operators, with labels where they have one.
let catalogNames = OperatorCatalog.entries.map(title).joined(separator: ", ")

private func title(_ entry: OperatorEntry) -> String {
  entry.descriptor.name + (entry.descriptor.label.map { " (\($0))" } ?? "")
}

/// At most three, the nearest first: those whose name or label a few edits make of this one, as many as a third of its
/// letters and at least one. Where there are none, the shortest names that it is a part of, if it has four letters.
private func nearestEntries(to name: String) -> [OperatorEntry] {
  let wanted = name.lowercased()
  let most = max(1, wanted.count / 3)
  let places = OperatorCatalog.entries.enumerated()
  let near = places.compactMap { place, entry -> (distance: Int, place: Int)? in
    let names = [entry.descriptor.name, entry.descriptor.label?.lowercased()].compactMap(\.self)
    // There are no fewer edits than letters too many or too few.
    let edits = names.filter { abs($0.count - wanted.count) <= most }.map(wanted.editDistance).min()
    return edits.flatMap { $0 <= most ? ($0, place) : nil }
  }
  let longer = places.compactMap { place, entry -> (distance: Int, place: Int)? in
    let name = entry.descriptor.name
    return wanted.count >= 4 && name.contains(wanted) ? (name.count, place) : nil
  }
  return (near.isEmpty ? longer : near).sorted { $0 < $1 }.prefix(3).map { OperatorCatalog.entries[$0.place] }
}
