/// A statement of a template.
indirect enum TemplateStatement: Sendable {
  case text(TemplateText)
  case output(TemplateExpression)
  case branch([TemplateBranch], otherwise: [TemplateStatement])
  case loop(TemplateLoop)
  case assignment(TemplateTarget, TemplateExpression)
  /// `set` with a body, or `filter`: the body goes through the filters and to the target, or out.
  case capture(TemplateTarget?, [TemplateStatement], filters: [TemplateFilterCall])
  case macro(TemplateMacro)
  case breakLoop, continueLoop
}

struct TemplateBranch: Sendable {
  let condition: TemplateExpression
  let body: [TemplateStatement]
}

struct TemplateLoop: Sendable {
  let target: TemplateTarget
  let items: TemplateExpression
  let filter: TemplateExpression?
  let body: [TemplateStatement]
  let otherwise: [TemplateStatement]
}

struct TemplateMacro: Sendable {
  let name: String
  let parameters: [(name: String, value: TemplateExpression?)]
  let body: [TemplateStatement]
}

struct TemplateFilterCall: Sendable {
  let name: String
  let arguments: TemplateArgumentList
  let place: TemplatePlace
}

/// What is assigned to.
struct TemplateTarget: Sendable {
  enum Kind: Sendable {
    case name(String)
    /// Of a namespace.
    case attribute(String, String)
    /// An element for each name.
    case names([String])
  }
  let kind: Kind
  let place: TemplatePlace
}
