/// What a template may take. A template comes with a file and is a program: these bounds end one that would not end, or
/// that would fill the memory or the stack.
final class TemplateBudget {
  /// Bytes of a template's text.
  static let textBytes = 1 << 20
  /// Tags and brackets within each other, while the text is read.
  static let nesting = 64
  /// Operations within each other in one expression, of which `a + b + c` are two.
  static let expressionDepth = 128
  /// Expressions, bodies and calls of macros within each other, while rendering.
  static let callDepth = 256
  /// Lists and mappings within each other.
  static let valueDepth = 32
  /// Code points of a name of a variable, attribute, function or argument.
  static let nameLength = 256
  /// Arguments with names of one call, and parameters of one macro.
  static let arguments = 64
  /// Numbers of one `range`, as in Jinja's sandbox.
  static let rangeCount = 100_000
  /// Steps of a rendering: expressions evaluated, and what they read and write, a code point or element each.
  static let steps = 4_000_000
  /// Further steps for each code point of the messages.
  static let stepsOfContent = 64

  private var remaining: Int
  private let total: Int

  init(contentCount: Int, steps: Int = TemplateBudget.steps) {
    let (content, overflow) = contentCount.multipliedReportingOverflow(by: Self.stepsOfContent)
    total = overflow ? .max : steps.addingReportingOverflow(content).overflow ? .max : steps + content
    remaining = total
  }

  func charge(_ steps: Int) throws(TemplateFault) {
    guard steps <= remaining else {
      remaining = 0
      throw TemplateFault.bound("\(total) steps", "more")
    }
    remaining -= steps
  }

  /// Charges for `count` parts with `size` steps each.
  func charge(_ count: Int, times size: Int) throws(TemplateFault) {
    let (steps, overflow) = count.multipliedReportingOverflow(by: size)
    try charge(overflow ? .max : steps)
  }
}
