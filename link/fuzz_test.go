package link

import (
	"bytes"
	"testing"
)

// FuzzModel reads any bytes as a model: it is refused, or it comes back as it
// was written and links claims whose parts add up.
func FuzzModel(f *testing.F) {
	f.Add(defaultModel)
	f.Add([]byte(`{"version":1}`))
	f.Add(bytes.Replace(defaultModel, []byte("-1200"), []byte("20000"), 1))
	items := mixedSet(20, 3)
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := LoadModel(bytes.NewReader(b))
		if err != nil {
			return
		}
		again, err := LoadModel(bytes.NewReader(m.Encode()))
		if err != nil || again.Digest() != m.Digest() {
			t.Fatalf("a model that was read is not what was written: %v", err)
		}
		l := New(m)
		for _, it := range items {
			pl, err := l.Add(it)
			if err != nil {
				continue // named twice
			}
			sum := int32(0)
			for _, r := range pl.Reasons() {
				sum += r.Millibit + r.Rarity
			}
			if sum != pl.Sum {
				t.Fatalf("the parts make %d, the sum is %d", sum, pl.Sum)
			}
		}
	})
}
