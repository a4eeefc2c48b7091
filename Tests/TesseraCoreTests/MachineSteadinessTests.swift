import TesseraCore
import Testing

@Suite struct MachineSteadinessTests {
  private func round(_ rates: Double...) -> [Double] { (0..<20).map { rates[$0 % rates.count] } }

  @Test func aCoreOfOnesOwnIsSteady() {
    let steadiness = MachineSteadiness(slices: [round(100, 98), round(99, 97)], threads: 2)
    #expect(steadiness.percent > 97 && steadiness.percent <= 100)
    #expect(steadiness.rounds == 2 && steadiness.disturbedRounds == 0)
    #expect(steadiness.loadedGflops == 200)
  }

  @Test func aNeighbourForOneRound() {
    let steadiness = MachineSteadiness(slices: [round(100), round(40), round(100), round(100)], threads: 1)
    #expect(steadiness.percent == 85 && steadiness.disturbedRounds == 1 && steadiness.loadedGflops == 100)
  }

  @Test("A neighbour that comes and goes disturbs a round where it takes half of its slices")
  func aNeighbourNowAndThen() {
    let seldom = MachineSteadiness(slices: [round(100, 100, 100, 50)], threads: 1)
    #expect(seldom.percent == 87.5 && seldom.disturbedRounds == 0)
    let often = MachineSteadiness(slices: [round(100, 50)], threads: 1)
    #expect(often.percent == 75 && often.disturbedRounds == 1)
    // A fifth below the best is still undisturbed.
    #expect(MachineSteadiness(slices: [round(100, 80)], threads: 1).disturbedRounds == 0)
  }

  @Test("One clock that was read late makes no other slice slow")
  func oneSliceTooFast() {
    let steadiness = MachineSteadiness(slices: [[1000] + [Double](repeating: 100, count: 19)], threads: 1)
    #expect(steadiness.percent == 100 && steadiness.disturbedRounds == 0 && steadiness.loadedGflops == 100)
  }

  @Test func nothingMeasuredIsNotSteady() {
    #expect(MachineSteadiness(slices: [], threads: 2).percent == 0)
    #expect(MachineSteadiness(slices: [[], [0]], threads: 2).disturbedRounds == 2)
  }
}
