package main

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"llada/cmd/internal/cli"
	"llada/formats"
	"llada/runtime/asm"
	"llada/runtime/backend"
	"llada/runtime/bundle"
	"llada/runtime/cpu"
	"llada/runtime/model"
)

// benchOptions are the flags of bench.
type benchOptions struct {
	path, shape, encoding string
	activations           string
	rows, lengths         []int
	headRows              int
	noForward             bool
}

// maxRows bounds the activations of a product, which are made in memory.
const maxRows = 8192

func (o *benchOptions) addFlags(f *pflag.FlagSet) {
	cli.Input(f, &o.path, "model", "m", "measure this container `file`")
	o.shape = "llada-8b"
	cli.Input(f, &o.shape, "shape", "", "measure random weights of this shape: llada-8b, tiny or a config.json")
	f.StringVar(&o.encoding, "encoding", "q4", "`encoding` of the random weights")
	f.StringVar(&o.activations, "activations", "int8", activationsHelp)
	cli.List(f, &o.rows, "rows", []int{12, 32, 96, 256}, 1, maxRows, "rows of the products")
	cli.List(f, &o.lengths, "lengths", []int{32, 96, 256, 1024}, 1, maxPositions, "lengths of the forward passes")
	cli.Whole(f, &o.headRows, "head-rows", 32, 1, maxPositions, "positions whose logits a forward pass computes")
	f.BoolVar(&o.noForward, "no-forward", false, "measure products only")
}

func newBenchCommand(g *cli.Globals) *cobra.Command {
	var o benchOptions
	c := &cobra.Command{
		Use:   "bench [-m FILE | --shape SHAPE --encoding ENC]",
		Short: "Measure products and forward passes against the machine's peak",
		Long: `Measure products and forward passes against the machine's peak.

The peak is what a loop of the best int8 product reaches from registers alone; it
is probed before and after every batch of work. A product's time holds all it
needs: quantizing the activations, decoding the weights, scaling and writing the
result. Without -m, random weights are made in memory; no checkpoint is needed.

Examples:
  llada-run bench
  llada-run bench --shape tiny --encoding q8 --threads 1
  llada-run bench -m llada.llada --lengths 256 --json
  llada-run bench --encoding bf16 --activations bf16 --no-forward
  LLADA_ASM=avx2 llada-run bench --no-forward
` + cli.ExitHelp,
		RunE: func(cmd *cobra.Command, _ []string) error { return runBench(cmd, &o, g) },
	}
	o.addFlags(c.Flags())
	return c
}

// benchResult is the JSON of a run.
type benchResult struct {
	Machine benchMachine   `json:"machine"`
	Peak    float64        `json:"peak_macs_per_cycle"` // per core; 0: no probe
	Clock   float64        `json:"clock_ghz"`           // 0: not measured
	PeakMAC float64        `json:"peak_gmacs_per_core"`
	Ops     []benchOp      `json:"ops"`
	Forward []benchForward `json:"forward"`
}

type benchMachine struct {
	CPU   string `json:"cpu"`
	Cores int    `json:"cores"`
	Tier  string `json:"tier"`
}

type benchOp struct {
	Op       string  `json:"op"`
	Rows     int     `json:"rows"`
	Out      int     `json:"out"`
	In       int     `json:"in"`
	Threads  int     `json:"threads"`
	Millis   float64 `json:"milliseconds"`
	GMACs    float64 `json:"gmacs_per_core"`
	PerCycle float64 `json:"macs_per_cycle_per_core"`
	Share    float64 `json:"share_of_peak"`
}

type benchForward struct {
	Length    int       `json:"length"`
	HeadRows  int       `json:"head_rows"`
	Threads   int       `json:"threads"`
	Millis    float64   `json:"milliseconds"`
	Positions float64   `json:"positions_per_second"`
	Share     float64   `json:"share_of_peak"`
	Breakdown breakdown `json:"breakdown"`
}

// breakdown is where the time of a pass goes, in shares of it.
type breakdown struct {
	Linear    float64 `json:"linear"`
	Attention float64 `json:"attention"`
	Other     float64 `json:"other"`
}

func runBench(cmd *cobra.Command, o *benchOptions, g *cli.Globals) error {
	if err := checkActivations(o.activations); err != nil {
		return err
	}
	if most := 4 * runtime.NumCPU(); g.Threads > most {
		return cli.Usagef("--threads is %d; this machine has %d processors, and more than %d threads on them measure nothing", g.Threads, runtime.NumCPU(), most)
	}
	r := &benchResult{Machine: benchMachine{cpuName(), cpu.Cores(), asm.Active()}}
	out := cmd.OutOrStdout()
	if !g.JSON {
		fmt.Fprintf(out, "%s, %d cores, %s kernels\n", r.Machine.CPU, r.Machine.Cores, r.Machine.Tier)
	}
	r.Clock, r.PeakMAC, r.Peak = peak(g.Threads)
	if err := o.products(cmd.Context(), r, g); err != nil {
		return err
	}
	if !g.JSON {
		r.printOps(out)
	}
	if !o.noForward {
		if err := o.forwards(cmd.Context(), r, cmd.Flags().Changed("lengths"), g); err != nil {
			return err
		}
	}
	if g.JSON {
		return cli.PrintJSON(out, r)
	}
	r.printForward(out)
	return nil
}

// benchTime is how long a product is repeated.
const benchTime = 400 * time.Millisecond

// products measures the shapes of a block, on one core and on all.
func (o *benchOptions) products(ctx context.Context, r *benchResult, g *cli.Globals) error {
	net, err := o.network()
	if err != nil {
		return err
	}
	defer net.Close()
	e := formats.Encoding(o.encoding)
	threads := []int{1}
	if g.Threads > 1 {
		threads = append(threads, g.Threads)
	}
	layer := &net.arch.Layers[0]
	for _, shape := range [][2]int{{net.arch.Width, layer.Attention.Width()}, {layer.Dense.Hidden, net.arch.Width}} {
		w, err := randomTensor(formats.Info{Name: "w", Encoding: e, Shape: shape[:]})
		if err != nil {
			return cli.Usage(err)
		}
		for _, n := range threads {
			be := o.device(n).Backend()
			for _, rows := range o.rows {
				if err := ctx.Err(); err != nil {
					be.Close()
					return err
				}
				s, err := timeProduct(ctx, be, w, rows, n)
				if err != nil {
					be.Close()
					return err
				}
				r.Ops = append(r.Ops, benchOp{Op: o.encoding + "x" + o.meets(), Rows: rows, Out: shape[0], In: shape[1], Threads: n,
					Millis: s.seconds * 1e3, GMACs: s.rate / 1e9, PerCycle: s.share * r.Peak, Share: s.share})
			}
			be.Close()
		}
	}
	return nil
}

// meets names the activations that the encoding meets.
func (o *benchOptions) meets() string {
	plain := o.encoding == string(formats.F32) || o.encoding == string(formats.BF16)
	switch {
	case o.activations == "int8" && !plain:
		return "a8"
	case o.activations == "bf16" && o.encoding == string(formats.BF16):
		return "bf16"
	}
	return "f32"
}

func (o *benchOptions) device(threads int) bundle.Device {
	return bundle.Device{Threads: threads, Activations: bundle.Activations(o.activations)}
}

// timeProduct is the median time of one product.
func timeProduct(ctx context.Context, be backend.Backend, t formats.Tensor, rows, threads int) (timing, error) {
	w, err := be.Load(ctx, t)
	if err != nil {
		return timing{}, err
	}
	x, err := be.NewAct(rows, t.Cols())
	if err != nil {
		return timing{}, err
	}
	for i := range rows {
		if err := be.Write(ctx, x, i, t.Cols(), randomRow(t.Cols(), uint64(i))); err != nil {
			return timing{}, err
		}
	}
	dst, err := be.NewAct(rows, t.Rows())
	if err != nil {
		return timing{}, err
	}
	macs := float64(rows) * float64(t.Rows()) * float64(t.Cols())
	var failed error
	s := measure(threads, macs, benchTime, func() {
		if err := be.Begin(ctx, &backend.Pass{}); err != nil {
			failed = err
			return
		}
		be.Linear([]backend.Act{dst}, []backend.Weight{w}, x)
		if _, err := be.End(ctx); err != nil {
			failed = err
		}
	})
	return s, failed
}

// forwards measures whole passes, of the lengths that the network takes: another
// one that was asked for is a mistake.
func (o *benchOptions) forwards(ctx context.Context, r *benchResult, asked bool, g *cli.Globals) error {
	net, err := o.network()
	if err != nil {
		return err
	}
	defer net.Close()
	be := &timed{Backend: o.device(g.Threads).Backend()}
	defer be.Close()
	m, err := model.Load(ctx, net, net.arch, be, model.Options{})
	if err != nil {
		return net.locate(err)
	}
	defer m.Close()
	for _, n := range o.lengths {
		if n > net.arch.Context && asked {
			return cli.Usagef("--lengths has %d, above the model's context of %d", n, net.arch.Context)
		} else if n > net.arch.Context {
			continue
		}
		f, err := timeForward(ctx, m, be, net.mask, n, min(o.headRows, n), g.Threads)
		if err != nil {
			return net.locate(err)
		}
		r.Forward = append(r.Forward, f)
	}
	return nil
}

// timeForward is the median of passes of one length.
func timeForward(ctx context.Context, m *model.Model, be *timed, mask int32, n, headRows, threads int) (benchForward, error) {
	ids, rows := make([]int32, n), make([]int32, headRows)
	for i := range ids {
		ids[i] = int32(i*7919+1) % int32(m.Arch.Vocab)
	}
	for i := range rows {
		rows[i] = int32(n - headRows + i)
		ids[rows[i]] = mask
	}
	seqs := []model.Seq{{IDs: ids, Asked: rows, Ask: backend.Ask{Pick: &backend.Pick{Never: []int32{mask}}}}}
	var failed error
	var total time.Duration
	be.reset()
	s := measure(threads, m.Arch.MACs(n, headRows), 0, func() {
		start := time.Now()
		if _, err := m.Predict(ctx, seqs); err != nil {
			failed = err
		}
		total += time.Since(start)
	})
	return benchForward{
		Length: n, HeadRows: headRows, Threads: threads, Millis: s.seconds * 1e3,
		Positions: float64(n) / s.seconds, Share: s.share, Breakdown: be.breakdown(total),
	}, failed
}
