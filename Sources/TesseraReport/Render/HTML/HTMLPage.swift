/// One file that needs nothing else: no network, no script; light and dark as the reader's system has it; fit to print.
struct HTMLPage {
  var title: String
  /// nil where nobody says.
  var origin: ReportOrigin?
  var sections: [String] = []

  /// Also well-formed XML, so that any parser can read it.
  var text: String {
    """
    <!DOCTYPE html>
    <html lang="en" xmlns="http://www.w3.org/1999/xhtml">
    <head>
    <meta charset="utf-8"/>
    <meta name="viewport" content="width=device-width, initial-scale=1"/>
    <link rel="icon" href="data:,"/>
    <title>\(escaped(title))</title>
    <style>
    \(HTMLPage.style)
    </style>
    </head>
    <body>
    <h1>\(escaped(title))</h1>
    \(origin.map { "<p class=\"origin\">\(escaped($0.text))</p>" } ?? "")
    \(sections.joined(separator: "\n"))
    </body>
    </html>

    """
  }

  static func list(_ lines: [String]) -> String {
    (["<ul class=\"facts\">"] + lines.map { "<li>\(escaped($0))</li>" } + ["</ul>"]).joined(separator: "\n") + "\n"
  }

  /// The picture under its heading; where it cannot be drawn, why not.
  static func figure(_ picture: Picture, heading: String, caption: String, draw: Picture.Drawing) -> String {
    let drawn: String
    do { drawn = try draw(picture) } catch {
      drawn = "<p class=\"missing\">Not drawn: \(escaped("\(error)"))</p>"
    }
    return """
      <figure>
      <h2>\(escaped(heading))</h2>
      \(drawn)
      <figcaption>\(escaped(caption))</figcaption>
      </figure>

      """
  }

  private static let style = """
    :root { color-scheme: light dark; --ink: #1d2127; --ground: #ffffff; --faint: #5c6470; --line: #d8dce3; \
    --stripe: #f4f6f9; }
    @media (prefers-color-scheme: dark) {
      :root { --ink: #e3e6eb; --ground: #14171c; --faint: #9aa3b0; --line: #353b45; --stripe: #1b1f26; }
    }
    body { margin: 2rem auto; max-width: 100rem; padding: 0 1.5rem; background: var(--ground); color: var(--ink);
      font: 15px/1.45 system-ui, sans-serif; }
    h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin: 2rem 0 0.6rem; }
    .headline { display: grid; grid-template-columns: repeat(auto-fit, minmax(17rem, 1fr)); gap: 0.5rem 2rem; \
    margin: 1.5rem 0; }
    .headline p { margin: 0; } .headline strong { display: block; font-size: 2.4rem; line-height: 1.2; }
    .headline b { font-weight: inherit; } .origin { color: var(--faint); margin-top: -0.6rem; }
    .pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(30rem, 1fr)); gap: 0 2rem; }
    .terms { display: grid; grid-template-columns: max-content 1fr; gap: 0.1rem 1rem; margin: 1.5rem 0 0; \
    font-size: 0.85rem; }
    .terms dt { font-weight: 600; } .terms dd { margin: 0; color: var(--faint); }
    .facts { padding-left: 1.2rem; } .notes, figcaption, .numbers { color: var(--faint); font-size: 0.85rem; }
    .notes { padding-left: 1.2rem; } .missing { border: 1px solid var(--line); padding: 0.6rem 1rem; }
    .warning { border: 3px solid #c62828; padding: 0.8rem 1rem; font-size: 1.15rem; font-weight: 600; }
    .wide { overflow-x: auto; }
    table { border-collapse: collapse; font-size: 12.5px; font-variant-numeric: tabular-nums; white-space: nowrap; }
    th, td { padding: 0.15rem 0.45rem; text-align: right; } th { font-weight: 600; color: var(--faint); }
    .words { text-align: left; } .group { text-align: left; } .end { border-right: 1px solid var(--line); }
    .group:not(:last-child) { border-right: 1px solid var(--line); }
    thead tr:last-child th { border-bottom: 1px solid var(--line); }
    tfoot tr:first-child td { border-top: 1px solid var(--line); }
    tbody tr:nth-child(even) { background: var(--stripe); }
    figure { margin: 0; } svg { display: block; width: 100%; max-width: 60rem; height: auto; color: var(--ink); }
    .numbers { columns: 5 10rem; padding-left: 2rem; max-width: 58rem; }
    @media print {
      @page { size: landscape; margin: 10mm; }
      :root { color-scheme: light; --ink: #000; --ground: #fff; --faint: #444; --line: #aaa; --stripe: #f2f2f2; }
      html { font-size: 10px; }
      body { margin: 0; padding: 0; max-width: none; font-size: 10px; } table { font-size: 6.6pt; }
      th, td { padding: 0.08rem 0.22rem; } .wide { overflow: visible; }
      figure, table { break-inside: avoid; } h2 { break-after: avoid; } svg { max-width: 22cm; max-height: 15cm; }
    }
    """
}
