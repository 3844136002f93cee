package model_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"llada/runtime/backend"
	"llada/runtime/backend/backendtest"
	"llada/runtime/model"
)

// broken is a device on which every pass meets what is not finite.
type broken struct {
	*backendtest.Recorder
	bad backend.NotFinite
}

func (b *broken) End(ctx context.Context) ([]backend.Answer, error) {
	b.Recorder.End(ctx)
	return nil, &b.bad
}

// What a device knows by the name of a weight and the row of a pass is said in terms
// of the network and of positions.
func TestNotFiniteIsLocated(t *testing.T) {
	a := randomArch(t)
	for i := range a.Layers {
		att := &a.Layers[i].Attention
		att.QNorm, att.KNorm = strings.Replace(att.Norm, "attn_norm", "q_norm", 1), strings.Replace(att.Norm, "attn_norm", "k_norm", 1)
	}
	be := &broken{Recorder: &backendtest.Recorder{}}
	m, err := model.Load(t.Context(), random(t, a, plain), a, be, model.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	pos := []int32{0, 1, 5, 6, 7, 9}
	seqs := []model.Seq{{IDs: ids(4, 1), Asked: []int32{3, 0}}, {IDs: ids(6, 2), Pos: pos, Asked: []int32{5, 2}}}
	for _, c := range []struct {
		tensor string
		row    int
		want   string
	}{
		{a.Layers[0].Attention.Norm, 3, "at position 3, first seen entering layer 0, in what the embedding gave"},
		{a.Layers[1].Attention.Norm, 4 + 2, "at position 5, first seen entering layer 1, in what the feed-forward part of layer 0 gave"},
		{a.Layers[1].Attention.QNorm, 4, "at position 0, first seen in the queries of layer 1"},
		{a.Layers[0].Attention.KNorm, 9, "at position 9, first seen in the keys of layer 0"},
		{a.Layers[0].Dense.Norm, 0, "at position 0, first seen in layer 0, in what its attention gave"},
		{a.FinalNorm, 0, "at position 3, first seen after the last layer, in what the feed-forward part of layer 1 gave"},
		{a.OutHead, 2, "at position 9, first seen in the logits"},
	} {
		be.bad = backend.NotFinite{Tensor: c.tensor, Row: c.row}
		_, err := m.Predict(t.Context(), seqs)
		var bad *backend.NotFinite
		if err == nil || err.Error() != "NaN or infinity "+c.want || !errors.As(err, &bad) || *bad != be.bad {
			t.Errorf("%s, row %d: %v, want %s", c.tensor, c.row, err, c.want)
		}
	}
}
