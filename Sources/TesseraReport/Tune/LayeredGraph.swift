/// The cheapest way through a graph whose nodes stand in layers and whose edges lead to the next one.
package struct LayeredGraph<Node: Hashable, Label> {
  package struct Edge {
    var from, to: Node
    var cost: Double
    var label: Label

    package init(from: Node, to: Node, cost: Double, label: Label) {
      (self.from, self.to, self.cost, self.label) = (from, to, cost, label)
    }
  }

  /// Edges of each layer, in the order in which they are walked.
  package var layers: [[Edge]] = []

  package init() {}

  /// Labels and cost of the cheapest way from `start` to `end`; of equal ones that of edges that were named first. nil
  /// where there is none.
  package func shortestPath(from start: Node, to end: Node) -> (labels: [Label], cost: Double)? {
    var best: [Node: (labels: [Label], cost: Double)] = [start: ([], 0)]
    for edges in layers {
      var next: [Node: (labels: [Label], cost: Double)] = [:]
      for edge in edges {
        guard let way = best[edge.from] else { continue }
        let cost = way.cost + edge.cost
        if let known = next[edge.to], known.cost <= cost { continue }
        next[edge.to] = (way.labels + [edge.label], cost)
      }
      best = next
    }
    return best[end]
  }
}
