/// A picture of the page before it is drawn: what it is called and the gnuplot script that draws it as SVG.
public struct Picture: Sendable {
  /// A word, which becomes part of ids in the page.
  public let name: String
  /// What a reader who cannot see it is told.
  public let title: String
  public let script: String

  package init(name: String, title: String, script: String) {
    self.name = name
    self.title = title
    self.script = script
  }

  /// Draws a picture, and throws with a reason where it cannot.
  public typealias Drawing = (Picture) throws -> String
}

/// What all pictures have in common.
package enum PictureStyle {
  /// Tones that stand out from white and from near black alike; what gnuplot draws black takes the text's colour.
  static let unfused = "#3f83c9"
  static let fused = "#d9772b"
  static let full = "#3f9e76"
  static let paper = "#8f7fb8"
  static let grid = "#9aa1ac"
  /// Dark enough for white figures on them.
  static let classes = ["#2f6fb3", "#b3640f", "#2f855a"]

  /// The script's head: size in pixels, and a frame without top and right.
  static func head(_ name: String, width: Int, height: Int) -> [String] {
    [
      "set terminal svg size \(width),\(height) dynamic noenhanced font 'sans-serif,13' name '\(name)'",
      "set encoding utf8",
      "set border 3 lw 0.8",
      "set tics nomirror scale 0.5",
      "set grid lc rgb '\(grid)' lw 0.3 dt 1",
    ]
  }

  /// A string as gnuplot takes it: between single quotes nothing but the quote itself means anything.
  package static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }

  /// Lines of numbers under a name that plots can use.
  static func data(_ name: String, _ lines: [[Double]]) -> [String] {
    ["$\(name) << END"] + lines.map { $0.map { "\($0)" }.joined(separator: " ") } + ["END"]
  }
}
