package backend

import (
	"math"
	"strings"
	"testing"
)

func TestAskCheck(t *testing.T) {
	const rows, vocab = 4, 10
	for _, c := range []struct {
		name string
		ask  Ask
		want string // "" for none
	}{
		{"nothing", Ask{}, ""},
		{"logits", Ask{Logits: true}, ""},
		{"targets", Ask{Targets: []int32{0, 9, 3, 3}}, ""},
		{"too few targets", Ask{Targets: []int32{1}}, "1 targets for 4 rows"},
		{"target too great", Ask{Targets: []int32{0, 0, 0, 10}}, "token 10 is outside the vocabulary of 10"},
		{"negative target", Ask{Targets: []int32{0, -1, 0, 0}}, "token -1 is outside"},
		{"targets of pairs", Ask{Guided: true, Targets: []int32{1, 2}}, ""},
		{"targets of every guided row", Ask{Guided: true, Targets: []int32{1, 2, 3, 4}}, "4 targets for 2 rows"},
		{"forbidden", Ask{Pick: &Pick{Forbid: []int32{10}}}, "token 10"},
		{"never", Ask{Pick: &Pick{Never: []int32{11}}}, "token 11"},
		{"postponed", Ask{Pick: &Pick{Postpone: []int32{-2}}}, "token -2"},
		{"noise without keys", Ask{Pick: &Pick{Temperature: 1}}, "0 noise keys for 4 rows"},
		{"noise", Ask{Pick: &Pick{Temperature: 1, Noise: make([]Key, 4)}}, ""},
		{"no noise needs no keys", Ask{Pick: &Pick{}}, ""},
		{"top k above the vocabulary", Ask{Pick: &Pick{TopK: 11, TopP: 1}}, ""},
		{"negative top k", Ask{Pick: &Pick{TopK: -1}}, "-1 most probable tokens"},
		{"negative top p", Ask{Pick: &Pick{TopP: -0.5}}, "probability of -0.5"},
		{"top p above 1", Ask{Pick: &Pick{TopP: 1.5}}, "probability of 1.5"},
		{"top p NaN", Ask{Pick: &Pick{TopP: math.NaN()}}, "probability of NaN"},
	} {
		err := c.ask.Check(rows, vocab)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
	if err := (&Ask{Guided: true}).Check(3, vocab); err == nil || !strings.Contains(err.Error(), "pairs") {
		t.Errorf("three guided rows: error %v", err)
	}
}

func TestNewAnswer(t *testing.T) {
	for _, c := range []struct {
		name                    string
		ask                     Ask
		logits, probs, proposed int
	}{
		{"nothing", Ask{}, 0, 0, 0},
		{"all", Ask{Logits: true, Targets: make([]int32, 6), Pick: &Pick{}}, 6, 6, 6},
		{"pairs", Ask{Guided: true, Logits: true, Targets: make([]int32, 3), Pick: &Pick{}}, 3, 3, 3},
	} {
		ans := c.ask.NewAnswer(6)
		if len(ans.Logits) != c.logits || len(ans.LogProbs) != c.probs || len(ans.Candidates) != c.proposed {
			t.Errorf("%s: %d, %d, %d", c.name, len(ans.Logits), len(ans.LogProbs), len(ans.Candidates))
		}
		if !c.ask.Logits && ans.Logits != nil || c.ask.Targets == nil && ans.LogProbs != nil || c.ask.Pick == nil && ans.Candidates != nil {
			t.Errorf("%s: fields that were not asked are there", c.name)
		}
	}
}

func TestVisible(t *testing.T) {
	for _, c := range []struct {
		name string
		span Span
		want []int // by query
	}{
		{"both directions", Span{Rows: 3, Slots: 5}, []int{5, 5, 5}},
		{"blocks of 2", Span{Rows: 5, Slots: 5, Block: 2}, []int{2, 2, 4, 4, 5}},
		{"from position 3", Span{Rows: 4, Slots: 8, Block: 4, Start: 3}, []int{4, 8, 8, 8}},
		{"causal", Span{Rows: 3, Slots: 3, Block: 1}, []int{1, 2, 3}},
	} {
		for q, want := range c.want {
			if got := c.span.Visible(q); got != want {
				t.Errorf("%s: query %d sees %d, want %d", c.name, q, got, want)
			}
		}
	}
}
