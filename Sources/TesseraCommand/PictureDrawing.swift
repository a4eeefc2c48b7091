import Foundation
import TesseraReport

/// Draws a page's pictures, and says once on standard error where they cannot be drawn.
final class PictureDrawing {
  private var hasComplained = false

  func draw(_ picture: Picture) throws -> String {
    do { return try Gnuplot().draw(picture) } catch {
      if !hasComplained { FileHandle.standardError.write(Data("tessera: no pictures in the page: \(error)\n".utf8)) }
      hasComplained = true
      throw error
    }
  }
}
