package score

import (
	"fmt"
	"iter"
	"slices"

	"llada/runtime/model"
)

// Item is a text and the masks to score it under: one line of a mask set.
type Item struct {
	IDs    []int32   `json:"ids"`
	Prompt int       `json:"prompt_length"` // tokens given, never masked
	Masks  [][]int32 `json:"masks"`         // absolute positions
}

// NewItem is a text under masks of its positions after the prompt, counted from
// 0 there, as Pairs and Official draw them.
func NewItem(ids []int32, prompt int, masks [][]int32) Item {
	at := make([][]int32, len(masks))
	for i, m := range masks {
		at[i] = slices.Clone(m)
		for k := range at[i] {
			at[i][k] += int32(prompt)
		}
	}
	return Item{ids, prompt, at}
}

// Tokens is L: how many tokens the bound is about.
func (it Item) Tokens() int { return len(it.IDs) - it.Prompt }

// Check reports an item that cannot be scored by a model with this vocabulary,
// mask token and context.
func (it Item) Check(vocab int, mask int32, context int) error {
	switch {
	case len(it.IDs) == 0:
		return fmt.Errorf("no tokens")
	case len(it.IDs) > context:
		return fmt.Errorf("%d tokens exceed the model's context of %d", len(it.IDs), context)
	case it.Prompt < 0 || it.Prompt >= len(it.IDs):
		return fmt.Errorf("prompt_length is %d of %d tokens, want at least 0 and at least one token after it", it.Prompt, len(it.IDs))
	case len(it.Masks) == 0:
		return fmt.Errorf("no masks")
	}
	for i, id := range it.IDs {
		if id < 0 || int(id) >= vocab {
			return fmt.Errorf("token %d at position %d is outside the vocabulary of %d", id, i, vocab)
		}
		if id == mask && i >= it.Prompt {
			return fmt.Errorf("the token at position %d is the mask token itself", i)
		}
	}
	seen := make([]int, len(it.IDs))
	for m, positions := range it.Masks {
		if len(positions) == 0 {
			return fmt.Errorf("mask %d is empty", m)
		}
		for _, p := range positions {
			switch {
			case p < 0 || int(p) >= len(it.IDs):
				return fmt.Errorf("mask %d: position %d is outside the %d tokens", m, p, len(it.IDs))
			case int(p) < it.Prompt:
				return fmt.Errorf("mask %d: position %d lies in the prompt of %d tokens", m, p, it.Prompt)
			case seen[p] == m+1:
				return fmt.Errorf("mask %d: position %d occurs twice", m, p)
			}
			seen[p] = m + 1
		}
	}
	return nil
}

// hidden is the text with a mask's positions hidden, those positions asked.
func (it Item) hidden(mask []int32, token int32) model.Seq {
	ids := slices.Clone(it.IDs)
	for _, p := range mask {
		ids[p] = token
	}
	return model.Seq{IDs: ids, Asked: mask}
}

// targets are the true tokens under a mask.
func (it Item) targets(mask []int32) []int32 {
	t := make([]int32, len(mask))
	for i, p := range mask {
		t[i] = it.IDs[p]
	}
	return t
}

// Paired reports whether masks come in pairs as Pairs draws them.
func (it Item) Paired() bool {
	if len(it.Masks) < 2 || len(it.Masks)%2 != 0 {
		return false
	}
	for j := 0; j < len(it.Masks); j += 2 {
		a, b := slices.Sorted(slices.Values(it.Masks[j])), slices.Sorted(slices.Values(it.Masks[j+1]))
		if len(a) == it.Tokens() && len(b) == it.Tokens() {
			continue
		}
		both := slices.Sorted(slices.Values(append(a, b...)))
		if len(both) != it.Tokens() || len(slices.Compact(both)) != it.Tokens() {
			return false
		}
	}
	return true
}

// masked is the number of positions over all masks.
func (it Item) masked() int {
	n := 0
	for _, m := range it.Masks {
		n += len(m)
	}
	return n
}

// repeats reports whether mask m is the one before it.
func (it Item) repeats(m int) bool { return m > 0 && slices.Equal(it.Masks[m], it.Masks[m-1]) }

// distinct yields the masks that repeat none.
func (it Item) distinct() iter.Seq[int] {
	return func(yield func(int) bool) {
		for m := range it.Masks {
			if !it.repeats(m) && !yield(m) {
				return
			}
		}
	}
}
