/// The passes of a call, one after the other: the items, and what is made of what they leave.
extension AttentionGradientPlan {
  /// Returns what the call moved.
  func run(
    _ setup: UnsafePointer<AttentionGradientSetup>, _ operands: UnsafePointer<AttentionGradientOperands>
  ) -> Traffic {
    var traffic = Traffic()
    if operands.pointee.biasGradient != nil, setup.pointee.biasHasPadding {
      traffic += clearBiasPadding(setup, operands)
    }
    // Also of a call that does not want the bias's gradient: ranges of keys may add to the queries' gradients in turns.
    if !setup.pointee.biasTurns.isEmpty {
      traffic += runInTurns(setup, operands)
    } else {
      traffic += context.pool.run(itemCount: setup.pointee.itemCount) { index, worker in
        run(index, setup, operands, worker)
      }
    }
    if setup.pointee.partition.keyRanges > 1, !setup.pointee.partition.rangesWait {
      traffic += context.pool.run(itemCount: setup.pointee.mergeItemCount) { index, worker in
        let moved = setup.pointee.merge(item: index, operands)
        worker.count(moved)
      }
    }
    if setup.pointee.problem.hasPadding {
      let planes = setup.pointee.problem.batch * setup.pointee.problem.queryHeads
      traffic += context.pool.run(itemCount: planes) { plane, worker in
        let moved = setup.pointee.clearPadding(ofPlane: plane, operands)
        worker.count(moved)
      }
    }
    if operands.pointee.slopesGradient != nil { traffic += setup.pointee.sumSlopes(operands) }
    guard operands.pointee.sinksGradient != nil else { return traffic }
    traffic += context.pool.run(itemCount: setup.pointee.problem.queryHeads) { head, worker in
      let moved = setup.pointee.sumSink(ofHead: head, operands)
      worker.count(moved)
    }
    return traffic
  }

  private func clearBiasPadding(
    _ setup: UnsafePointer<AttentionGradientSetup>, _ operands: UnsafePointer<AttentionGradientOperands>
  ) -> Traffic {
    let planes = setup.pointee.problem.batch * setup.pointee.problem.queryHeads
    return context.pool.run(itemCount: planes) { plane, worker in
      let moved = setup.pointee.clearBiasPadding(ofPlane: plane, operands)
      worker.count(moved)
    }
  }

  /// Items of which some add to what others have added to, and wait for those: they are handed out in this order.
  private func runInTurns(
    _ setup: UnsafePointer<AttentionGradientSetup>, _ operands: UnsafePointer<AttentionGradientOperands>
  ) -> Traffic {
    let (turns, finished) = (setup.pointee.biasTurns, setup.pointee.finished)
    finished.clear()
    return context.pool.run(itemCount: turns.count, order: .inTurns) { index, worker in
      for item in turns[index].earlier { finished.wait(for: item) }
      run(turns[index].item, setup, operands, worker)
      finished.mark(turns[index].item)
    }
  }

  private func run(
    _ item: Int, _ setup: UnsafePointer<AttentionGradientSetup>, _ operands: UnsafePointer<AttentionGradientOperands>,
    _ worker: Worker
  ) {
    var work = AttentionGradientWork(item, setup, operands, setup.pointee.workspace.memory(ofWorker: worker.index))
    let moved = work.run()
    worker.count(moved)
  }
}
