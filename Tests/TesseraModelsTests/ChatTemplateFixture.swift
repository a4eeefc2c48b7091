import Foundation

import TesseraModels

/// Chat templates and what the reference implementation renders with them. Fixtures/ChatTemplates/make.py writes it.
struct ChatTemplateFixture {
  struct Chat: Decodable {
    struct Turn: Decodable {
      let role: String
      let content: String
    }
    let name: String
    let opensReply: Bool
    let messages: [Turn]

    var turns: [ChatMessage] { messages.map { ChatMessage(role: $0.role, content: $0.content) } }
  }

  private struct Expected: Decodable {
    let templates: [String: [String?]]
  }

  /// An expression's template with its rendering; nil where the reference raises.
  struct Expression: Decodable {
    let template: String
    let rendered: String?

    init(from decoder: any Decoder) throws {
      var values = try decoder.unkeyedContainer()
      (template, rendered) = (try values.decode(String.self), try values.decodeIfPresent(String.self))
    }
  }

  static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fixtures/ChatTemplates")

  /// `CHAT_TEMPLATES` names another folder that make.py has written to.
  static let templates = ProcessInfo.processInfo.environment["CHAT_TEMPLATES"].map { URL(filePath: $0) } ?? folder

  static func read<Value: Decodable>(_ name: String, in folder: URL = folder) throws -> Value {
    try JSONDecoder().decode(Value.self, from: Data(contentsOf: folder.appending(path: name)))
  }

  static func expected() throws -> [String: [String?]] {
    (try read("expected.json", in: templates) as Expected).templates
  }

  static func template(_ name: String) throws -> String {
    try String(contentsOf: templates.appending(path: "templates/\(name)"), encoding: .utf8)
  }

  /// The time that the expected texts have, February 3rd, 2026.
  static func clock(_ format: String) -> String? {
    var parts = tm()
    (parts.tm_year, parts.tm_mon, parts.tm_mday, parts.tm_wday, parts.tm_yday) = (126, 1, 3, 2, 33)
    (parts.tm_hour, parts.tm_min, parts.tm_sec) = (4, 5, 6)
    var buffer = [CChar](repeating: 0, count: 256)
    let count = strftime(&buffer, buffer.count, format, &parts)
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  static func render(_ template: ChatTemplate, _ messages: [ChatMessage], opensReply: Bool) throws -> String {
    try template.text(messages, beginToken: "<s>", endToken: "</s>", opensReply: opensReply, clock: clock)
  }
}
