extension PreTokenizer {
  /// Words by several patterns, one after the other.
  func forEachDeepSeekWord<Failure: Error>(
    of text: ScannedText, _ body: (Range<Int>) throws(Failure) -> Void
  ) throws(Failure) {
    let whole = 0..<text.count
    if self == .deepSeekV3 {
      return try RunPattern(text, whole, .kind(.number), length: 1...3).forEachWord { part throws(Failure) in
        try RunPattern(text, part, .hanAndKana).forEachWord { part throws(Failure) in
          try DeepSeekPattern(text, part).forEachWord(body)
        }
      }
    }
    try RunPattern(text, whole, .lineBreaks, length: 1...1).forEachWord { part throws(Failure) in
      if self == .deepSeekCoder {
        try RunPattern(text, part, .kind(.letter), takesSpace: true).forEachWord { part throws(Failure) in
          try RunPattern(text, part, .kind(.punctuation), takesSpace: true).forEachWord { part throws(Failure) in
            try RunPattern(text, part, .eastAsian).forEachWord { part throws(Failure) in
              try RunPattern(text, part, .kind(.number), length: 1...1).forEachWord(body)
            }
          }
        }
      } else {
        try RunPattern(text, part, .casedLetters, takesSpace: true).forEachWord { part throws(Failure) in
          try RunPattern(text, part, .deepSeekPunctuation, takesSpace: true).forEachWord { part throws(Failure) in
            try TrailingSpacePattern(text, part).forEachWord { part throws(Failure) in
              try RunPattern(text, part, .eastAsian).forEachWord { part throws(Failure) in
                try RunPattern(text, part, .kind(.number)).forEachWord(body)
              }
            }
          }
        }
      }
    }
  }
}
