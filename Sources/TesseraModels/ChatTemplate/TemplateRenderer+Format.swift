/// Python's `str.format`, as far as its fields only name what stands in their place.
extension TemplateRenderer {
  /// `{}` takes the arguments in order, `{0}` and `{name}` the one that they name; `{{` and `}}` are braces.
  func formatted(_ format: TemplateText, _ arguments: TemplateArguments) throws(TemplateFault) -> TemplateText {
    let (open, close): (UInt32, UInt32) = (0x7B, 0x7D)
    var result = format.with([])
    var next = 0
    var place = 0
    let points = format.units.map(TemplateText.codePoint)
    while place < points.count {
      let point = points[place]
      guard point == open || point == close else {
        result.units.append(format.units[place])
        place += 1
        continue
      }
      if place + 1 < points.count, points[place + 1] == point {
        result.units.append(format.units[place])
        place += 2
        continue
      }
      guard point == open, let end = points[place...].firstIndex(of: close) else {
        throw TemplateFault.unknown("format", format.string)
      }
      let name = TemplateText(units: points[(place + 1)..<end]).string
      let value = name.isEmpty ? arguments.positional.dropFirst(next).first : argument(named: name, arguments)
      guard let value else { throw TemplateFault.unknown("field of format", name) }
      if name.isEmpty { next += 1 }
      let text = try text(of: value)
      try budget.charge(text.count)
      result.append(text)
      place = end + 1
    }
    return result
  }

  private func argument(named name: String, _ arguments: TemplateArguments) -> TemplateValue? {
    if let index = Int(name) { return arguments.positional.indices.contains(index) ? arguments.positional[index] : nil }
    return arguments.named.first { $0.name == name }?.value
  }
}
