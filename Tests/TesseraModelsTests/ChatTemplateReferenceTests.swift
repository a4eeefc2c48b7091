import Testing

import TesseraModels

/// Renderings are those of the reference implementation, and what it refuses is refused.
@Suite struct ChatTemplateReferenceTests {
  @Test func publishedTemplates() throws {
    let chats: [ChatTemplateFixture.Chat] = try ChatTemplateFixture.read("conversations.json")
    let expected = try ChatTemplateFixture.expected()
    #expect(expected.count >= 50)
    for (name, texts) in expected.sorted(by: { $0.key < $1.key }) {
      let template: ChatTemplate
      do { template = try ChatTemplate(ChatTemplateFixture.template(name)) } catch {
        #expect(texts.allSatisfy { $0 == nil }, "\(name): \(error)")
        continue
      }
      for (chat, text) in zip(chats, texts) {
        do {
          let rendered = try ChatTemplateFixture.render(template, chat.turns, opensReply: chat.opensReply)
          #expect(rendered.unicodeScalars.elementsEqual((text ?? "an error").unicodeScalars), "\(name), \(chat.name)")
        } catch {
          #expect(text == nil, "\(name), \(chat.name): \(error)")
        }
      }
    }
  }

  @Test func expressions() throws {
    let cases: [ChatTemplateFixture.Expression] = try ChatTemplateFixture.read("expressions.json")
    #expect(cases.count >= 2000)
    for example in cases {
      do {
        let template = try ChatTemplate(example.template)
        let rendered = try ChatTemplateFixture.render(template, [], opensReply: false)
        #expect(
          rendered.unicodeScalars.elementsEqual((example.rendered ?? "an error").unicodeScalars),
          "\(example.template): \(rendered), expected \(example.rendered ?? "an error")")
      } catch {
        #expect(example.rendered == nil, "\(example.template): \(error)")
      }
    }
  }
}
