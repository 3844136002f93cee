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
		{"logits", Ask{Rows: 4, Logits: true}, ""},
		{"of some rows", Ask{Row: 1, Rows: 2, Logits: true}, ""},
		{"of rows behind the last", Ask{Row: 1, Rows: 4, Logits: true}, "rows 1 and 0, 4 each, of 4"},
		{"of rows before the first", Ask{Row: -1, Rows: 2, Logits: true}, "rows -1"},
		{"of less than none", Ask{Rows: -1, Logits: true}, "-1 each"},
		{"targets", Ask{Rows: 4, Targets: []int32{0, 9, 3, 3}}, ""},
		{"too few targets", Ask{Rows: 4, Targets: []int32{1}}, "1 targets for 4 rows"},
		{"target too great", Ask{Rows: 4, Targets: []int32{0, 0, 0, 10}}, "token 10 is outside the vocabulary of 10"},
		{"negative target", Ask{Rows: 4, Targets: []int32{0, -1, 0, 0}}, "token -1 is outside"},
		{"targets of guided rows", Ask{Rows: 2, Guided: true, Without: 2, Targets: []int32{1, 2}}, ""},
		{"guided by rows behind the last", Ask{Rows: 2, Guided: true, Without: 3}, "rows 0 and 3, 2 each, of 4"},
		{"guided by no row", Ask{Rows: 1, Guided: true, Without: -1}, "rows 0 and -1"},
		{"forbidden", Ask{Pick: &Pick{Forbid: []int32{10}}}, "token 10"},
		{"never", Ask{Pick: &Pick{Never: []int32{11}}}, "token 11"},
		{"postponed", Ask{Pick: &Pick{Postpone: []int32{-2}}}, "token -2"},
		{"noise without keys", Ask{Rows: 4, Pick: &Pick{Temperature: 1}}, "0 noise keys for 4 rows"},
		{"noise", Ask{Rows: 4, Pick: &Pick{Temperature: 1, Noise: make([]Key, 4)}}, ""},
		{"no noise needs no keys", Ask{Rows: 4, Pick: &Pick{}}, ""},
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
}

func TestNewAnswer(t *testing.T) {
	for _, c := range []struct {
		name                    string
		ask                     Ask
		logits, probs, proposed int
	}{
		{"nothing", Ask{}, 0, 0, 0},
		{"all", Ask{Rows: 6, Logits: true, Targets: make([]int32, 6), Pick: &Pick{}}, 6, 6, 6},
		{"guided", Ask{Rows: 3, Guided: true, Logits: true, Targets: make([]int32, 3), Pick: &Pick{}}, 3, 3, 3},
	} {
		ans := c.ask.NewAnswer()
		if len(ans.Logits) != c.logits || len(ans.LogProbs) != c.probs || len(ans.Candidates) != c.proposed {
			t.Errorf("%s: %d, %d, %d", c.name, len(ans.Logits), len(ans.LogProbs), len(ans.Candidates))
		}
		if !c.ask.Logits && ans.Logits != nil || c.ask.Targets == nil && ans.LogProbs != nil || c.ask.Pick == nil && ans.Candidates != nil {
			t.Errorf("%s: fields that were not asked are there", c.name)
		}
	}
}
