package main

func init() {
	arm64["chain"] = func(g *a64) {
		// The clock of amd64: 64·n additions, each needing the one before.
		g.text("chain", "n int", "")
		g.op("MOVD", "$0, R1")
		g.while("round", "R0", func() {
			for range 64 {
				g.op("ADD", "R0, R1")
			}
		})
		g.ret()
	}
}
