import TesseraCommand
import Testing

/// Bytes of a terminal to keys.
@Suite struct KeyDecoderTests {
  private func keys(_ bytes: [UInt8]) -> [Key] {
    var decoder = KeyDecoder()
    return bytes.compactMap { decoder.decode($0) }
  }

  private func keys(_ text: String) -> [Key] { keys(Array(text.utf8)) }

  @Test func textIsUTF8() {
    #expect(keys("aé漢😀") == "aé漢😀".unicodeScalars.map(Key.scalar))
    // Bytes that belong to no character, one that is cut short, an overlong one, half of a surrogate pair.
    #expect(keys([0xFF, 0x80, 0x61, 0xC3, 0x61, 0xC0, 0xAF, 0x62, 0xED, 0xA0, 0x80, 0x63]) == keys("aabc"))
  }

  @Test(arguments: [
    ("\u{1B}[A", Key.up), ("\u{1B}OA", .up), ("\u{1B}[B", .down), ("\u{1B}[C", .right), ("\u{1B}[D", .left),
    ("\u{1B}[H", .home), ("\u{1B}OF", .end), ("\u{1B}[1~", .home), ("\u{1B}[7~", .home), ("\u{1B}[4~", .end),
    ("\u{1B}[8~", .end), ("\u{1B}[3~", .delete), ("\u{1B}[3;5~", .delete), ("\u{1B}[1;5C", .right),
    ("\u{1B}[200~", .pasteBegins), ("\u{1B}[201~", .pasteEnds), ("\u{1}", .home), ("\u{5}", .end), ("\u{2}", .left),
    ("\u{6}", .right), ("\u{15}", .deleteToStart), ("\u{B}", .deleteToEnd), ("\u{17}", .deleteWord),
    ("\u{3}", .interrupt),
    ("\u{4}", .endOfInput), ("\u{7F}", .backspace), ("\u{8}", .backspace), ("\r", .enter), ("\n", .enter),
    ("\u{C}", .clearScreen), ("\u{10}", .up), ("\u{E}", .down),
  ]) func controlsAndSequencesAreKeys(_ bytes: String, _ key: Key) {
    #expect(keys("a" + bytes + "b") == [.scalar("a"), key, .scalar("b")])
  }

  @Test func whatIsUnknownIsPassedOver() {
    for text in ["\u{1B}[15~", "\u{1B}[Z", "\u{1B}OP", "\u{0}", "\u{7}"] {
      #expect(keys(text + "b") == [.scalar("b")])
    }
    #expect(keys("\u{1B}a") == [.scalar("a")], "an escape alone is nothing")
    #expect(keys("\u{1B}[" + String(repeating: "1", count: 40) + "Ab").last == .scalar("b"), "a sequence has an end")
  }
}
