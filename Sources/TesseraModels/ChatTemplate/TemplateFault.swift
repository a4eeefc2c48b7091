/// A place in a template's text, both counted from 1.
struct TemplatePlace: Hashable, Sendable {
  var line: Int32 = 1
  var column: Int32 = 1
}

/// Why a template cannot be read or rendered.
struct TemplateFault: Error {
  var expected: String
  var actual: String
  var place: TemplatePlace?

  /// What is found, with where in the template it is.
  var found: String { place.map { "\(actual) at line \($0.line), column \($0.column) of the template" } ?? actual }

  /// The fault with a place, where it has none yet.
  func at(_ place: TemplatePlace) -> TemplateFault {
    var placed = self
    placed.place = self.place ?? place
    return placed
  }

  /// A part of Jinja that is not rendered here, or is none.
  static func unknown(_ what: String, _ name: some StringProtocol, at place: TemplatePlace? = nil) -> TemplateFault {
    TemplateFault(
      expected: "a template of the constructs that are known",
      actual: "\(what) \(TokenizerError.quoted(name))", place: place)
  }

  static func syntax(_ expected: String, _ actual: String, at place: TemplatePlace) -> TemplateFault {
    TemplateFault(expected: expected, actual: actual, place: place)
  }

  /// An operand that has the wrong type for what is done with it.
  static func type(_ expected: String, _ value: TemplateValue) -> TemplateFault {
    TemplateFault(expected: expected, actual: value.described)
  }

  static func bound(_ bound: String, _ actual: String) -> TemplateFault {
    TemplateFault(expected: "a template within the bounds: \(bound)", actual: actual)
  }
}
