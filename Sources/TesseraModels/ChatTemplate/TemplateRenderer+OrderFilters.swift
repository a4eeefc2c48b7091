/// `sort`, `dictsort` and `unique`, which compare texts without their case unless they are told to.
extension TemplateRenderer {
  func ordered(
    _ value: TemplateValue, _ name: String, _ arguments: TemplateArguments
  ) throws(TemplateFault) -> TemplateValue {
    if name == "dictsort" { return try sortedMapping(value, arguments) }
    let isSort = name == "sort"
    let parameters = (isSort ? ["reverse"] : []) + ["case_sensitive", "attribute"]
    let given = try arguments.bound(to: parameters, of: name)
    let isCaseSensitive = given[isSort ? 1 : 0]?.isTrue ?? false
    let elements = try elements(of: value)
    let keys = try keys(try attributes(given[isSort ? 2 : 1], of: elements), isCaseSensitive: isCaseSensitive)
    if isSort {
      let places = try sorted(keys, descends: given[0]?.isTrue ?? false)
      return .list(try TemplateList(places.map { elements[$0] }))
    }
    var places: [Int] = []
    for place in elements.indices {
      guard keys[place].isHashable else {
        throw TemplateFault.type("texts or numbers to find unique ones of", keys[place])
      }
      var isNew = true
      for earlier in places where isNew { isNew = try !isEqual(keys[earlier], keys[place]) }
      if isNew { places.append(place) }
    }
    return try stream(places.map { elements[$0] })
  }

  private func sortedMapping(_ value: TemplateValue, _ arguments: TemplateArguments) throws(TemplateFault)
    -> TemplateValue
  {
    let given = try arguments.bound(to: ["case_sensitive", "by", "reverse"], of: "dictsort")
    guard case .mapping(let mapping) = value else { throw TemplateFault.type("a mapping to sort", value) }
    var sortsByValue = false
    if let by = given[1] {
      guard case .text(let text) = by, ["key", "value"].contains(text.string) else {
        throw TemplateFault.type("\"key\" or \"value\" to sort by", by)
      }
      sortsByValue = text.string == "value"
    }
    let found = mapping.entries.map { sortsByValue ? $0.value : $0.key }
    let keys = try keys(found, isCaseSensitive: given[0]?.isTrue ?? false)
    let pairs = try pairs(of: mapping)
    return .list(try TemplateList(try sorted(keys, descends: given[2]?.isTrue ?? false).map { pairs[$0] }))
  }

  private func keys(_ values: [TemplateValue], isCaseSensitive: Bool) throws(TemplateFault) -> [TemplateValue] {
    var keys: [TemplateValue] = []
    for value in values {
      guard !isCaseSensitive, case .text(let text) = value else {
        keys.append(value)
        continue
      }
      try budget.charge(text.count)
      keys.append(.text(text.lowercased))
    }
    return keys
  }

  /// The places of keys in order; equal ones stay as they stand. Merging halves lets a comparison throw.
  private func sorted(_ keys: [TemplateValue], descends: Bool) throws(TemplateFault) -> [Int] {
    func merged(_ range: Range<Int>) throws(TemplateFault) -> [Int] {
      guard range.count > 1 else { return Array(range) }
      let middle = range.lowerBound + range.count / 2
      let (left, right) = (try merged(range.lowerBound..<middle), try merged(middle..<range.upperBound))
      var (result, first, second): ([Int], Int, Int) = ([], 0, 0)
      while first < left.count, second < right.count {
        try budget.charge(1)
        let (a, b) = (keys[left[first]], keys[right[second]])
        if try descends ? precedes(a, b, "<") : precedes(b, a, "<") {
          result.append(right[second])
          second += 1
        } else {
          result.append(left[first])
          first += 1
        }
      }
      return result + left[first...] + right[second...]
    }
    return try merged(keys.indices)
  }
}
