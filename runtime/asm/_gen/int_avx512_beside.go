package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

const decodingProductSignature = "func(out *float32, w *byte, d *float32, q *int8, scale *float32, comp *int32, nextW *byte, nextD *float32, upper, lower, upperAhead, lowerAhead *byte, codebook *int8)"

// decodingProductAVX512 multiplies with one sliver while it decodes the next
// superblock's tiles to other panels. Products keep two of the pipes busy;
// most of decoding runs in the others.
//
// A sliver has 16 turns of four vectors; two tiles have 16 blocks. Meanwhile it asks
// for the tiles that come two superblocks later.
func decodingProductAVX512(m int, d *decoder512) {
	TEXT(fmt.Sprintf("decodingProduct%sAVX512x%d", d.name, m), NOSPLIT, decodingProductSignature)
	p := product512{
		name: fmt.Sprintf("%s_%d", d.name, m), m: m, beside: &beside{decoder: d},
		out: Load(Param("out"), GP64()), wp: Load(Param("w"), GP64()), dp: Load(Param("d"), GP64()),
		qp: Load(Param("q"), GP64()), sp: Load(Param("scale"), GP64()), cp: Load(Param("comp"), GP64()),
	}
	d.begin("nextW", "nextD", "upper")
	d.further = Load(Param("upperAhead"), GP64())
	half := GP64()
	MOVQ(imm(2), half)
	Label(p.label("half"))
	SUBQ(d.at, d.further)
	d.scales(d)
	p.half()
	ADDQ(imm(128), d.d)
	Load(Param("lower"), d.at)
	Load(Param("lowerAhead"), d.further)
	DECQ(half)
	JNE(LabelRef(p.label("half")))
	VZEROUPPER()
	RET()
}

// beside is the code that stands between products: a block of a decoder per turn.
type beside struct {
	decoder *decoder512
	left    steps
	total   int
	pairs   int // of products in a turn
	done    int // of them
}

// turn begins a turn of products of m rows.
func (b *beside) turn(m int) {
	if b == nil {
		return
	}
	b.left = b.decoder.block(b.decoder)
	b.total, b.pairs, b.done = len(b.left), unrolled*m, 0
}

// some emits the part of the code that is due after one more pair of products.
func (b *beside) some() {
	if b == nil {
		return
	}
	b.done++
	for len(b.left) > 0 && (b.total-len(b.left))*b.pairs < b.done*b.total {
		b.left[0]()
		b.left = b.left[1:]
	}
}

// rest emits what is left.
func (b *beside) rest() {
	if b == nil {
		return
	}
	for _, f := range b.left {
		f()
	}
	b.left = nil
}
