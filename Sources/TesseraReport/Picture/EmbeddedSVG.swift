/// gnuplot's SVG document as an element of a page: without prolog, with ids of its own, black as the text's colour.
package func embeddedSVG(_ document: String, of picture: Picture) throws(Gnuplot.Failure) -> String {
  guard let start = document.firstRange(of: "<svg"), let end = document.firstRange(of: "</svg>") else {
    throw Gnuplot.Failure(description: "gnuplot failed: what it wrote is no SVG")
  }
  let body = document[start.upperBound..<end.lowerBound]
    // Definitions have the same ids in every picture.
    .replacing("id='gp", with: "id='\(picture.name)-gp").replacing("'#gp", with: "'#\(picture.name)-gp")
    .replacing("id=\"gnuplot_canvas\"", with: "id=\"\(picture.name)-canvas\"")
    .replacing("id='textbox'", with: "id='\(picture.name)-textbox'")
    .replacing("id='greybox'", with: "id='\(picture.name)-greybox'")
    .replacing("<title>\(picture.name)</title>", with: "<title>\(escaped(picture.title))</title>")
    .replacing("color=\"black\" ", with: "")
    .replacing("\"black\"", with: "\"currentColor\"").replacing("'black'", with: "'currentColor'")
    .replacing("rgb(  0,   0,   0)", with: "currentColor")
  return "<svg role=\"img\"" + body + "</svg>"
}
