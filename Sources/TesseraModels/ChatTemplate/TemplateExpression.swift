/// An expression of a template. A node knows how many lie within each other below it, so that none can be built that
/// would take the stack to evaluate or to free.
final class TemplateExpression: Sendable {
  enum Kind: Sendable {
    case literal(TemplateValue)
    case name(String)
    case list([TemplateExpression], isTuple: Bool)
    case mapping([TemplateExpression], [TemplateExpression])
    case attribute(TemplateExpression, String)
    case item(TemplateExpression, TemplateExpression)
    case slice(TemplateExpression, [TemplateExpression?])
    case call(TemplateExpression, TemplateArgumentList)
    case filter(TemplateExpression, String, TemplateArgumentList)
    case test(TemplateExpression, String, TemplateArgumentList, isNegated: Bool)
    case not(TemplateExpression)
    case sign(TemplateExpression, isNegative: Bool)
    case arithmetic(TemplateArithmetic, TemplateExpression, TemplateExpression)
    case concatenation([TemplateExpression])
    case comparison(TemplateExpression, [(TemplateComparison, TemplateExpression)])
    case and(TemplateExpression, TemplateExpression)
    case or(TemplateExpression, TemplateExpression)
    case condition(TemplateExpression, then: TemplateExpression, otherwise: TemplateExpression?)
  }
  let kind: Kind
  let place: TemplatePlace
  let depth: Int

  init(
    _ kind: Kind, at place: TemplatePlace, over operands: some Sequence<TemplateExpression>
  ) throws(TemplateFault) {
    self.kind = kind
    self.place = place
    depth = 1 + operands.reduce(0) { max($0, $1.depth) }
    guard depth <= TemplateBudget.expressionDepth else {
      throw TemplateFault.bound("\(TemplateBudget.expressionDepth) operations within each other", "more").at(place)
    }
  }
}

/// What stands between the parentheses of a call, a filter or a test.
struct TemplateArgumentList: Sendable {
  var positional: [TemplateExpression] = []
  var named: [(name: String, value: TemplateExpression)] = []

  var expressions: [TemplateExpression] { positional + named.map(\.value) }
}

enum TemplateArithmetic: String, Sendable {
  case plus = "+"
  case minus = "-"
  case times = "*"
  case dividedBy = "/"
  case flooredBy = "//"
  case modulo = "%"
  case power = "**"
}

enum TemplateComparison: String, Sendable {
  case equal = "=="
  case unequal = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case isIn = "in"
  case isNotIn = "not in"
}
