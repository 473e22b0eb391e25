package record

import (
	"bytes"
	"testing"
)

// Every decoder that meets foreign bytes: no panic, bounded memory, and what it
// takes has one spelling, so that what was signed cannot be said otherwise.

func FuzzCheckpoint(f *testing.F) {
	l := openTest(f, f.TempDir(), options())
	fill(f, l, 0, 3)
	h := publish(f, l)
	p := *l.policy.Load()
	f.Add(h.Note)
	f.Add(append(bytes.Clone(h.Note), cosignature(f, "un-1.example", h.Note, l.o.Now())...))
	f.Fuzz(func(t *testing.T, msg []byte) {
		got, err := p.open(msg, testOrigin, true)
		if err == nil && (!bytes.Equal(msg, h.Note) || got.Size != 3) {
			t.Errorf("another note passes under the same key: %q", msg)
		}
		if loose, err := p.open(msg, testOrigin, false); err == nil && (loose.Size != 3 || loose.Root != h.Root) {
			t.Errorf("another head passes under the same key: %q", msg)
		}
	})
}

func FuzzPolicy(f *testing.F) {
	f.Add(jointPolicy())
	f.Add("log " + vkeyFor(testOrigin, algEd25519) + " https://x\n\n# none\nquorum none\n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePolicy(text)
		if err != nil {
			return
		}
		if signers, missing := p.judge(nil); len(signers) != 0 || p.quorum != "none" && len(missing) == 0 {
			t.Errorf("no signature at all meets the quorum of %q", text)
		}
		if _, err := ParsePolicy(p.String()); err != nil {
			t.Errorf("read once, refused the second time: %v", err)
		}
	})
}

func FuzzBundle(f *testing.F) {
	o := options()
	o.Policy = jointPolicy()
	l := openTest(f, f.TempDir(), o)
	fill(f, l, 0, 3)
	publish(f, l)
	if _, err := l.PutBlob(f.Context(), Kept, []byte("a dictionary")); err != nil {
		f.Fatal(err)
	}
	p := *l.policy.Load()
	good := export(f, l, Bundle{Extra: map[string][]byte{"policy.txt": []byte("a policy")}})
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, _, err := VerifyBundle(t.Context(), bytes.NewReader(data), p, Visit{}); err == nil && !bytes.Equal(data, good) {
			t.Error("another bundle passes under the same keys")
		}
	})
}

func FuzzEntries(f *testing.F) {
	f.Add([]byte{0, 9, 0, 0, 0, 0, 0, 0, 0, 1, 'x'}, 1)
	f.Add(marshalBundle([]Entry{{RecvAt: 5, Body: []byte("a")}, {RecvAt: 6, Body: make([]byte, maxBody)}}), 2)
	f.Fuzz(func(t *testing.T, data []byte, n int) {
		if n < 0 || n > tileWidth {
			return
		}
		es, err := parseBundle(data, 7, n)
		if err == nil && (len(es) != n || !bytes.Equal(marshalBundle(es), data)) {
			t.Errorf("%d entries, written again they differ", len(es))
		}
	})
}

func FuzzProof(f *testing.F) {
	l := openTest(f, f.TempDir(), options())
	fill(f, l, 0, 5)
	publish(f, l)
	p := *l.policy.Load()
	text, err := l.Prove(f.Context(), 2, 0)
	if err != nil {
		f.Fatal(err)
	}
	e := all(f, l, 2)[0]
	leaf := LeafHash(e.RecvAt, e.Body)
	f.Add(text)
	f.Fuzz(func(t *testing.T, data []byte) {
		index, _, err := CheckProof(data, leaf, p)
		if err == nil && index != 2 {
			t.Errorf("the entry is proved to be at %d", index)
		}
	})
}

func FuzzReceipt(f *testing.F) {
	l := openTest(f, f.TempDir(), options())
	msg, err := l.Sign(add(f, l, []byte("a")))
	if err != nil {
		f.Fatal(err)
	}
	p := *l.policy.Load()
	f.Add(msg)
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := OpenReceipt(data, p); err == nil && !bytes.Equal(data, msg) {
			t.Errorf("another receipt passes under the same key: %q", data)
		}
		if r, err := parseReceipt(string(data)); err == nil && receiptText(r) != string(data) {
			t.Errorf("a second spelling: %q", data)
		}
	})
}

func FuzzAsk(f *testing.F) {
	three, _ := headOf(f, testOrigin, "a", "b", "c")
	five, r := headOf(f, testOrigin, "a", "b", "c", "d", "e")
	f.Add(marshalAsk(0, nil, three.Note))
	f.Add(marshalAsk(3, consistency(f, five, r, 3), five.Note))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := parseAsk(body)
		if err != nil {
			return
		}
		var proof [][32]byte
		for _, h := range r.proof {
			proof = append(proof, h)
		}
		if !bytes.Equal(marshalAsk(r.old, proof, r.note), body) {
			t.Errorf("a second spelling: %q", body)
		}
	})
}

func FuzzTilePath(f *testing.F) {
	for _, s := range []string{"tile/0/000", "tile/entries/x001/x234/067.p/3", "tile/8/data/000", "tile/1/000.p/255", "../checkpoint"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, path string) {
		tile, err := parseTilePath(path)
		if err == nil && (tilePath(tile) != path || tile.W < 1 || tile.W > tileWidth || tile.N < 0 || tile.L < bundleLevel) {
			t.Errorf("%q is read as %+v", path, tile)
		}
	})
}

func FuzzEvidence(f *testing.F) {
	three, _ := headOf(f, testOrigin, "a", "b", "c")
	other, _ := headOf(f, testOrigin, "a", "b", "x")
	p, err := ParsePolicy("log " + vkeyFor(testOrigin, algEd25519) + "\nquorum none\n")
	if err != nil {
		f.Fatal(err)
	}
	good, err := Dispute(f.Context(), three.Note, other.Note, nil, nil, p)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"type":"marchday.org/evidence/v1","older":"","newer":"","proof":[""]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if said, err := CheckEvidence(text, p); err == nil && (said == "" || !bytes.Contains(text, []byte("marchday.org/evidence"))) {
			t.Errorf("it proves %q: %q", said, text)
		}
	})
}
