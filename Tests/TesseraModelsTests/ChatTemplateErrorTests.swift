import Tessera
import Testing
import TesseraModels

/// What is not known of Jinja is named with its place, and no template crashes, hangs or fills the memory.
@Suite struct ChatTemplateErrorTests {
  private func error(_ text: String) throws -> String {
    let error = try #require(throws: TesseraError.self) {
      try ChatTemplate(text).text([ChatMessage(role: "user", content: "Hi")])
    }
    return "\(error)"
  }

  @Test(arguments: [
    ("a\n {% include 'x' %}", "block \"include\" at line 2, column 5"),
    ("{{ 1 | pprint }}", "filter \"pprint\" at line 1"), ("{{ 1 is strange }}", "test \"strange\" at line 1"),
    ("{{ now() }}", "function \"now\" at line 1"), ("{{ 'a'.encode() }}", "method of text \"encode\" at line 1"),
    ("{{ loop }}{% for a in [1] %}{{ loop.changed }}{% endfor %}", "attribute of a loop \"changed\""),
    ("{{ 'a' % 'b' }}", "operation \"% of a string\""), ("{{ f(*a) }}", "argument \"*\""),
    ("{{ 'a<' + ('b' | safe) }}", "+ of a safe string"), ("{{ ? }}", "character \"?\" at line 1, column 4"),
    ("{% for a in b recursive %}{% endfor %}", "loop \"recursive\""), ("{{ '\\N{DASH}' }}", "escape \"\\N\""),
    ("{{ strftime_now('%Q') }}", "format of time \"%Q\""), ("{{ messages.append(1) }}", "method of a list \"append\""),
  ])
  func unknownConstructs(_ text: String, _ named: String) throws {
    let error = try error(text)
    #expect(error.contains(named), "\(error)")
  }

  @Test(arguments: [
    "{% if %}", "{% if true %}", "{% endif %}", "{{ 1 + }}", "{{ [1, }}", "{{", "{%", "{#", "{{ 'a }}", "{% raw %}",
    "{% for a b %}{% endfor %}", "{% set 1 = 2 %}", "{% macro m(a=1, b) %}{% endmacro %}", "{{ a b }}", "{% %}",
    "{{ f(a=1, 2) }}", "{{ {1: } }}", "{{ x[] }}", "{{ 1 is }}", "{% set true = 1 %}",
  ])
  func whatIsNotJinja(_ text: String) throws {
    #expect(try error(text).contains("line 1"))
  }

  @Test func refusalsHaveTheirMessage() throws {
    let error = try error("\n{{ raise_exception('No ' ~ messages[0].role) }}")
    #expect(error.contains("\"No user\" at line 2"), "\(error)")
    #expect(try self.error("{{ missing.part }}").contains("\"missing\", which is not defined at line 1"))
  }

  @Test(arguments: [
    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "{% for a in range(200000) %}{% endfor %}", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% set n = namespace(a='ab') %}{% for i in range(99) %}{% set n.a = n.a ~ n.a %}{% endfor %}",
    "{% set n = namespace(a=[]) %}{% for i in range(99) %}{% set n.a = [n.a] %}{% endfor %}",
    "{% set n = namespace(a=[1]) %}{% for i in range(99) %}{% set n.a = n.a + n.a %}{% endfor %}",
    "{{ 'a' * 99999999999 }}", "{{ [1] * 99999999999 }}", "{{ 'a' | indent(99999999999) }}",
    "{{ 9223372036854775807 + 1 }}", "{{ -9223372036854775807 - 2 }}", "{{ 3 ** 99999999999 }}",
    "{{ (-9223372036854775807 - 1) // -1 }}", "{{ ('a' * 3000000) | replace('', 'b' * 1000000) }}",
    "{{ 'a' * 9000000 }}{{ 'a' * 9000000 }}", "{{ [[]] | tojson(indent=99999999) }}",
    "{% set a = 'a' * 3000 %}{% for i in range(99999) %}{{ a.find(a ~ 'b') }}"
      + "{% if (a ~ 'b') in a * 2 %}{% endif %}{% endfor %}",
  ])
  func boundsOfWork(_ text: String) throws {
    #expect(try error(text).contains("within the bounds"), "\(text)")
  }

  @Test(arguments: [
    ("{{ ", "(", "1", ")", " }}"), ("{{ ", "[", "1", "]", " }}"), ("{{ ", "not ", "1", "", " }}"),
    ("{{ ", "-", "1", "", " }}"), ("{{ 1", " + 1", "", "", " }}"), ("{{ a", ".b", "", "", " }}"),
    ("{{ a", "[0]", "", "", " }}"), ("{{ a", " | trim", "", "", " }}"), ("{{ a", "()", "", "", " }}"),
    ("{{ ", "1 if 1 else ", "1", "", " }}"), ("{{ 1", " and 1", "", "", " }}"),
    ("{{ ", "(", "a", " is defined)", " }}"),
    ("", "{% if 1 %}", "", "{% endif %}", ""), ("", "{% for a in [1] %}", "", "{% endfor %}", ""),
    ("", "{% set a %}", "", "{% endset %}", ""), ("{{ ", "{1: ", "1", "}", " }}"),
    ("{{ 1", " < (1", "", ")", " }}"),
  ])
  func boundsOfNesting(_ parts: (String, String, String, String, String)) throws {
    func text(_ count: Int) -> String {
      parts.0 + String(repeating: parts.1, count: count) + parts.2 + String(repeating: parts.3, count: count) + parts.4
    }
    #expect(try error(text(5000)).contains("within the bounds"))
    // As deep as the bounds let be: no rendering takes the stack.
    for count in stride(from: 20, through: 260, by: 20) {
      _ = try? ChatTemplate(text(count)).text([], opensReply: false)
    }
  }

  @Test func longTemplatesAreRefused() throws {
    #expect(try error(String(repeating: "a", count: 1 << 20) + "b").contains("1048576 bytes"))
    #expect(try ChatTemplate(String(repeating: "a", count: 1 << 20)).text([]).count == 1 << 20)
  }

  /// Templates with some of their text gone, doubled or changed: errors or renderings.
  @Test(arguments: (1...2).map { UInt64($0) }) func changedTemplates(_ seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let chats: [ChatTemplateFixture.Chat] = try ChatTemplateFixture.read("conversations.json")
    for name in try ChatTemplateFixture.expected().keys.sorted() {
      let scalars = Array(try ChatTemplateFixture.template(name).unicodeScalars)
      for _ in 0..<8 {
        var changed = scalars
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
          let start = Int.random(in: 0..<changed.count, using: &generator)
          let end = min(changed.count, start + Int.random(in: 1...12, using: &generator))
          let part = Array(changed[start..<end])
          let place = Int.random(in: 0..<changed.count, using: &generator)
          switch Int.random(in: 0..<3, using: &generator) {
          case 0: changed.removeSubrange(start..<min(end, changed.count - 1))
          case 1: changed.insert(contentsOf: part, at: place)
          default: changed[place] = "{}%#-+'()[]|.,:=~ \n1a".unicodeScalars.randomElement(using: &generator)!
          }
        }
        let text = String(String.UnicodeScalarView(changed))
        guard let template = try? ChatTemplate(text), let chat = chats.randomElement(using: &generator) else {
          continue
        }
        _ = try? ChatTemplateFixture.render(template, chat.turns, opensReply: chat.opensReply)
      }
    }
  }
}
