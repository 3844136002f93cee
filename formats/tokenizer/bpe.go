package tokenizer

// bpe is the model: tokens and how they merge.
type bpe struct {
	vocab        map[string]int32 // by spelling in the byte-level alphabet
	tokens       map[int32]string // the same by id; nil once parsed
	bytes        [256]int32       // tokens of single bytes, -1 where there is none
	merges       map[pair]merge
	ignoreMerges bool // a word that is a token is that token
}

type pair struct{ left, right int32 }

type merge struct{ rank, id int32 }

// symbol is a token within a word, linked to its neighbours by position; -1
// ends the list.
type symbol struct {
	id         int32 // -1 once merged into the symbol before
	prev, next int32
}

// merger is the working memory of merging one word.
type merger struct {
	symbols []symbol
	queue   queue
	spelled []byte
	never   map[int32]bool // ids that must not come out
}

func (m *merger) capacity() int { return cap(m.symbols) + cap(m.queue) + cap(m.spelled) }

// encode appends the tokens of a word: the lowest-ranked pair merges first, the
// leftmost among equals, until no pair is left. A heap over a linked list keeps
// that O(n log n) for a word of n bytes.
func (b *bpe) encode(ids []int32, m *merger, word []byte) []int32 {
	if b.ignoreMerges {
		m.spelled = spell(m.spelled[:0], word)
		if id, ok := b.vocab[string(m.spelled)]; ok && !m.never[id] {
			return append(ids, id)
		}
	}
	m.symbols = m.symbols[:0]
	for _, c := range word {
		if id := b.bytes[c]; id >= 0 {
			n := int32(len(m.symbols))
			m.symbols = append(m.symbols, symbol{id: id, prev: n - 1, next: n + 1})
		}
	}
	if len(m.symbols) == 0 {
		return ids
	}
	m.symbols[len(m.symbols)-1].next = -1
	m.queue = m.queue[:0]
	for i := range m.symbols {
		b.enqueue(m, int32(i))
	}
	for len(m.queue) > 0 {
		b.merge(m, m.queue.pop())
	}
	for i := int32(0); i >= 0; i = m.symbols[i].next {
		ids = append(ids, m.symbols[i].id)
	}
	return ids
}

// enqueue notes the pair that begins at position i, if it merges.
func (b *bpe) enqueue(m *merger, i int32) {
	if found, ok := b.pairAt(m, i); ok {
		m.queue.push(uint64(found.rank)<<32 | uint64(i))
	}
}

func (b *bpe) pairAt(m *merger, i int32) (merge, bool) {
	s := m.symbols[i]
	if s.id < 0 || s.next < 0 {
		return merge{}, false
	}
	found, ok := b.merges[pair{s.id, m.symbols[s.next].id}]
	return found, ok && !m.never[found.id]
}

// merge does what an entry of the queue says, unless an earlier merge has taken
// a part of the pair.
func (b *bpe) merge(m *merger, entry uint64) {
	i := int32(uint32(entry))
	found, ok := b.pairAt(m, i)
	if !ok || uint64(found.rank) != entry>>32 {
		return
	}
	left := &m.symbols[i]
	right := &m.symbols[left.next]
	left.id, left.next = found.id, right.next
	right.id = -1
	if left.next >= 0 {
		m.symbols[left.next].prev = i
	}
	if left.prev >= 0 {
		b.enqueue(m, left.prev)
	}
	b.enqueue(m, i)
}

// queue is a binary heap, smallest first, of rank<<32 | position.
type queue []uint64

func (q *queue) push(e uint64) {
	h := append(*q, e)
	for i := len(h) - 1; i > 0; {
		up := (i - 1) / 2
		if h[up] <= h[i] {
			break
		}
		h[up], h[i] = h[i], h[up]
		i = up
	}
	*q = h
}

func (q *queue) pop() uint64 {
	h := *q
	top, last := h[0], len(h)-1
	h[0] = h[last]
	h = h[:last]
	for i := 0; ; {
		down := 2*i + 1
		if down >= last {
			break
		}
		if down+1 < last && h[down+1] < h[down] {
			down++
		}
		if h[i] <= h[down] {
			break
		}
		h[i], h[down] = h[down], h[i]
		i = down
	}
	*q = h
	return top
}
