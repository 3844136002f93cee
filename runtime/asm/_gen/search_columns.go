package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// readColumns transposes 16 rows × 256 columns of numbers of `size` bytes: a register
// takes 16 bytes of every fourth row, so that 4×4 transpositions within its
// quarters leave columns. bfloat16 become the upper halves of words by being
// interleaved with zeros.
//
//	0 … 3     rows i, i+4, i+8, i+12 for i = 0 … 3
//	4 … 7     halves of the transposition
//	8 … 11    columns
//	12        greatest magnitude
//	13        mask of the magnitude
//	14        zero
func (s *search) readColumns(name string, size int) {
	s.begin(name, map[int]string{
		4: "func(dst, src *float32, stride int) uint32",
		2: "func(dst *float32, src *byte, stride int) uint32",
	}[size])
	dst, src, stride := load("dst"), load("src"), load("stride")
	stride3, stride4 := GP64(), GP64()
	SHLQ(Imm(uint64(size/2)), stride)
	LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, stride3)
	MOVQ(stride, stride4)
	SHLQ(Imm(2), stride4)
	r := s.reg
	most, mask, zero := r(12), r(13), r(14)
	s.zero(most, zero)
	VMOVUPS(s.constant(0x7fffffff), mask)
	quarters := s.size() / 16
	for part := range s.parts() {
		var rows []Register // 4L
		for l := range quarters {
			p := GP64()
			if l == 0 {
				MOVQ(src, p)
			} else {
				LEAQ(Mem{Base: rows[l-1], Index: stride4, Scale: 1}, p)
			}
			rows = append(rows, p)
		}
		if part+1 < s.parts() {
			LEAQ(Mem{Base: rows[quarters-1], Index: stride4, Scale: 1}, src)
		}
		to, left, again := GP64(), GP64(), s.label("step")
		MOVQ(dst, to)
		MOVQ(U32(256*size/16), left)
		Label(again)
		for i := range 4 {
			for l, p := range rows {
				m := Mem{Base: p}
				switch i {
				case 1, 2:
					m.Index, m.Scale = stride, uint8(i)
				case 3:
					m.Index, m.Scale = stride3, 1
				}
				switch {
				case l == 0:
					VMOVUPS(m, r(i).AsX())
				case s.wide:
					VINSERTF32X4(Imm(uint64(l)), m, r(i), r(i))
				default:
					VINSERTF128(Imm(1), m, r(i), r(i))
				}
			}
		}
		columns := 0
		transpose := func(a, b, c, d VecPhysical) {
			VUNPCKLPS(b, a, r(8))
			VUNPCKHPS(b, a, r(9))
			VUNPCKLPS(d, c, r(10))
			VUNPCKHPS(d, c, r(11))
			for i := range 4 {
				lo, hi, t := r(8+i/2), r(10+i/2), a
				if i%2 == 0 {
					VUNPCKLPD(hi, lo, t)
				} else {
					VUNPCKHPD(hi, lo, t)
				}
				VMOVUPS(t, Mem{Base: to, Disp: 64*columns + s.size()*part})
				s.and(mask, t, t)
				VPMAXUD(t, most, most)
				columns++
			}
		}
		if size == 4 {
			transpose(r(0), r(1), r(2), r(3))
		} else {
			for i := range 4 {
				VPUNPCKLWD(r(i), zero, r(4+i))
			}
			transpose(r(4), r(5), r(6), r(7))
			for i := range 4 {
				VPUNPCKHWD(r(i), zero, r(4+i))
			}
			transpose(r(4), r(5), r(6), r(7))
		}
		ADDQ(imm(64*columns), to)
		for _, p := range rows {
			ADDQ(Imm(16), p)
		}
		DECQ(left)
		JNE(LabelRef(again))
	}
	t, m := r(0), most
	if s.wide {
		VEXTRACTF64X4(Imm(1), m, t.AsY())
		VPMAXUD(t.AsY(), m.AsY(), m.AsY())
	}
	VEXTRACTF128(Imm(1), m.AsY(), t.AsX())
	VPMAXUD(t.AsX(), m.AsX(), m.AsX())
	for _, order := range []uint64{0x4e, 0xb1} {
		VPSHUFD(Imm(order), m.AsX(), t.AsX())
		VPMAXUD(t.AsX(), m.AsX(), m.AsX())
	}
	result := GP32()
	VMOVD(m.AsX(), result)
	Store(result, ReturnIndex(0))
	s.end()
}

// errors keeps the sums of each row, in float64, in two registers.
//
//	0, 1      Σx²
//	2, 3      Σ(x−y)²
//	4, 5      max |x−y|
//	6         weights of 4 columns
//	7         scales
//	8, 9      y of a column, and its halves
//	10, 11    x, then x−y
//	12        mask of the magnitude
func (s *search) errors() {
	s.begin("errors", "func(sums *float64, x *float32, w *int8, d *float32, vectors int)")
	sums, x, w, d, vectors := load("sums"), load("x"), load("w"), load("d"), load("vectors")
	r := s.reg
	mask := r(12)
	VMOVUPS(s.mask64(), mask)
	half := func(v VecPhysical) VecPhysical {
		if s.wide {
			return v.AsY().(VecPhysical)
		}
		return v.AsX().(VecPhysical)
	}
	for part := range s.parts() {
		for i := range 6 {
			VMOVUPD(Mem{Base: sums, Disp: 128*(i/2) + 2*s.size()*part + s.size()*(i%2)}, r(i))
		}
		xp, wp, dp, left, now := GP64(), GP64(), GP64(), GP64(), GP64()
		group, again, done := s.label("group"), s.label("vector"), s.label("done")
		MOVQ(x, xp)
		MOVQ(w, wp)
		MOVQ(d, dp)
		MOVQ(vectors, left)
		Label(group)
		VMOVUPS(s.lanes(dp, part, 0), r(7))
		MOVQ(U32(32), now)
		CMPQ(left, now)
		CMOVQLT(left, now)
		SUBQ(now, left)
		Label(again)
		VMOVUPS(s.lanes(wp, part, 0), r(6))
		for c := range 4 {
			y, diff := r(8), []VecPhysical{r(10), r(11)}
			if c < 3 {
				VPSLLD(Imm(uint64(24-8*c)), r(6), y)
				VPSRAD(Imm(24), y, y)
			} else {
				VPSRAD(Imm(24), r(6), y)
			}
			VCVTDQ2PS(y, y)
			VMULPS(r(7), y, y)
			if s.wide {
				VEXTRACTF64X4(Imm(1), y, r(9).AsY())
			} else {
				VEXTRACTF128(Imm(1), y, r(9).AsX())
			}
			for h := range 2 {
				at := s.lanes(xp, part, c)
				at.Disp += s.size() / 2 * h
				VCVTPS2PD(at, diff[h])
				VCVTPS2PD(half(r(8+h)), r(8+h))
				VSUBPD(r(8+h), diff[h], r(8+h))
				VMULPD(diff[h], diff[h], diff[h])
				VADDPD(diff[h], r(h), r(h))
				VMULPD(r(8+h), r(8+h), diff[h])
				VADDPD(diff[h], r(2+h), r(2+h))
				VANDPD(mask, r(8+h), r(8+h))
				VMAXPD(r(8+h), r(4+h), r(4+h))
			}
		}
		ADDQ(Imm(64), wp)
		ADDQ(U32(256), xp)
		DECQ(now)
		JNE(LabelRef(again))
		ADDQ(Imm(64), dp)
		TESTQ(left, left)
		JE(LabelRef(done))
		JMP(LabelRef(group))
		Label(done)
		for i := range 6 {
			VMOVUPD(r(i), Mem{Base: sums, Disp: 128*(i/2) + 2*s.size()*part + s.size()*(i%2)})
		}
	}
	s.end()
}

func (s *search) mask64() Mem {
	m := GLOBL("searchMask64", RODATA|NOPTR)
	for i := range s.size() / 8 {
		DATA(8*i, U64(1<<63-1))
	}
	return m
}

// q8 tries four scales at a time.
//
//	0 … 3      1/d of the candidates
//	4 … 7      their errors
//	8, 9       ±127
//	10         x; 11 its importance; 12, 13 y and its error
//	slots      bits of D, 1/D, the best scale and its error, whether a row is zero
func (s *search) q8() {
	s.begin("searchQ8", "func(w *int8, d, x, imp *float32)")
	w, d, x, imp := load("w"), load("d"), load("x"), load("imp")
	inv := []VecPhysical{s.alloc(), s.alloc(), s.alloc(), s.alloc()}
	sum := []VecPhysical{s.alloc(), s.alloc(), s.alloc(), s.alloc()}
	limit, negative := s.alloc(), s.alloc()
	temporaries := s.next
	top, unit, best, bestErr, peak := s.slot(), s.slot(), s.slot(), s.slot(), s.slot()
	if s.wide {
		temporaries = s.next
	}
	xv, iv, y, e := s.alloc(), s.alloc(), s.alloc(), s.alloc()
	VMOVUPS(s.constant(f32(127)), limit)
	VMOVUPS(s.constant(f32(-127)), negative)
	// bits is a bfloat16 `below` values below the top.
	bits := func(below int, dst VecPhysical) {
		s.get(top, dst)
		VPADDD(s.constant(uint32(-below<<16)), dst, dst)
	}
	for part := range s.parts() {
		s.reset(temporaries)
		s.peak(x, part, 128, sum[0])
		s.put(sum[0], peak)
		VMOVUPS(s.constant(f32(1)), y)
		s.blend(s.compare(greaterEqual, sum[0], s.constant(f32(negligible)), 1, e), sum[0], y, y)
		VDIVPS(limit, y, y)
		VPSRLD(Imm(16), y, e)
		s.and(s.constant(1), e, e)
		VPADDD(s.constant(0x7fff), y, y)
		VPADDD(e, y, y)
		s.and(s.constant(0xffff0000), y, y)
		s.put(y, top)
		VMOVUPS(s.constant(f32(1)), e)
		VDIVPS(y, e, e)
		s.put(e, unit)
		bits(-1, y)
		s.put(y, best)
		VMOVUPS(s.constant(f32(infinity)), y)
		s.put(y, bestErr)
		for first := -1; first < 11; first += 4 {
			for i := range 4 {
				bits(first+i, y)
				VMOVUPS(s.constant(f32(1)), e)
				VDIVPS(y, e, inv[i])
			}
			s.zero(sum...)
			s.columns(x, imp, part, 128, func(_ int, x, imp Mem) {
				VMOVUPS(x, xv)
				VBROADCASTSS(imp, iv)
				for i := range 4 {
					VMULPS(inv[i], xv, y)
					VMAXPS(negative, y, e)
					VMINPS(limit, e, e)
					s.round(e, e)
					VSUBPS(e, y, y)
					VMULPS(y, y, y)
					VMULPS(iv, y, y)
					VADDPS(y, sum[i], sum[i])
				}
			})
			for i := range 4 {
				bits(first+i, y)
				VMULPS(unit, y, e)
				VMULPS(e, e, e)
				VMULPS(e, sum[i], sum[i])
				s.get(bestErr, e)
				mask := s.compare(less, sum[i], e, 1, xv)
				s.blend(mask, sum[i], e, e)
				s.put(e, bestErr)
				s.get(best, e)
				s.blend(mask, y, e, e)
				s.put(e, best)
			}
		}
		s.get(peak, e)
		mask := s.compare(greaterEqual, e, s.constant(f32(negligible)), 1, xv)
		s.get(best, y)
		VMOVUPS(s.constant(f32(1)), e)
		VDIVPS(y, e, e)
		s.zeroUnless(mask, y)
		s.zeroUnless(mask, e)
		VMOVUPS(y, s.lanes(d, part, 0))
		wp := GP64()
		MOVQ(w, wp)
		s.columns(x, nil, part, 128, func(c int, x, _ Mem) {
			to := xv
			if c > 0 {
				to = y
			}
			VMULPS(x, e, to)
			VMAXPS(negative, to, to)
			VMINPS(limit, to, to)
			VCVTPS2DQ(to, to)
			s.and(s.constant(255), to, to)
			if c > 0 {
				VPSLLD(Imm(uint64(8*c)), to, to)
				s.or(to, xv, xv)
			}
			if c == 3 {
				VMOVUPS(xv, s.lanes(wp, part, 0))
				ADDQ(Imm(64), wp)
			}
		})
	}
	s.end()
}
