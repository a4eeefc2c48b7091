extension GGUFMetadata {
  /// An array of strings, copied; takes a fifth of the time of as many `String`s. All are checked for UTF-8.
  func spellings(forKey key: String) throws(ModelFileError) -> SpellingList {
    var array = try array(forKey: key, of: "strings") { $0 == .string }
    let first = array.cursor
    var list = SpellingList(capacity: array.count)
    var isCutInCharacters = false
    for _ in 0..<array.count {
      let range = try array.cursor.stringRange("metadata \"\(key)\"")
      // A byte that continues a character: the string before would have to end inside it.
      if !range.isEmpty, file.bytes[range.lowerBound] & 0xC0 == 0x80 { isCutInCharacters = true }
      list.append(bytes: file.bytes[range])
    }
    // All at once is faster than one by one; the second way says which it is.
    if isCutInCharacters || String(validating: list.bytes, as: UTF8.self) == nil {
      var cursor = first
      for index in 0..<array.count { _ = try cursor.string("metadata \"\(key)\": string \(index)") }
    }
    return list
  }
}
