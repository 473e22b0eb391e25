package vault

import (
	"bytes"
	"math/bits"
	"testing"
)

func TestTheField(t *testing.T) {
	// FIPS 197, section 4.2: {57} by {83} is {c1}, {57} by {13} is {fe}.
	if mul(0x57, 0x83) != 0xc1 || mul(0x57, 0x13) != 0xfe {
		t.Errorf("%x %x", mul(0x57, 0x83), mul(0x57, 0x13))
	}
	for a := 1; a < 256; a++ {
		if mul(byte(a), inverse(byte(a))) != 1 {
			t.Errorf("the inverse of %d is not %d", a, inverse(byte(a)))
		}
		for b := range 256 {
			if mul(byte(a), byte(b)) != mul(byte(b), byte(a)) {
				t.Fatalf("%d by %d", a, b)
			}
		}
	}
}

// TestTooFewPartsSayNothing goes through every secret byte and every
// coefficient: each value of one part of two comes as often with each secret.
func TestTooFewPartsSayNothing(t *testing.T) {
	for x := byte(1); x <= 3; x++ {
		for secret := range 256 {
			seen := map[byte]bool{}
			for coefficient := range 256 {
				seen[mul(byte(coefficient), x)^byte(secret)] = true
			}
			if len(seen) != 256 {
				t.Fatalf("part %d of secret %d has %d values", x, secret, len(seen))
			}
		}
	}
}

func TestEveryQuorumOpensAndNoSmallerOne(t *testing.T) {
	v := openTest(t, t.TempDir(), newClock())
	amal := newPerson(t, "amal")
	holders := []person{newPerson(t, "a"), newPerson(t, "b"), newPerson(t, "c"), newPerson(t, "d")}
	to := Recipients{Each: []Recipient{amal.Recipient}, Need: 3}
	for _, h := range holders {
		to.Parts = append(to.Parts, h.Recipient)
	}
	hidden := hideTest(t, v, "Yusuf", to)
	sealed := revealTest(t, v, hidden.Pseudonym)
	if o, err := Unseal(sealed, amal.identity); err != nil || o.Commitment != hidden.Commitment {
		t.Fatal("the recipient beside the holders", err)
	}
	parts := make([]Part, len(holders))
	for i, h := range holders {
		p, err := PartOf(sealed, h.identity)
		if err != nil {
			t.Fatal(err)
		}
		if parts[i], err = ParsePart(p.String()); err != nil || parts[i] != p {
			t.Fatal(p, err)
		}
		if _, err := Unseal(sealed, h.identity); err == nil {
			t.Errorf("%s opens alone", h.Name)
		}
	}
	for set := range 1 << len(holders) {
		var some []Part
		for i := range parts {
			if set>>i&1 == 1 {
				some = append(some, parts[i])
			}
		}
		o, err := UnsealParts(sealed, some)
		if enough := bits.OnesCount(uint(set)) >= 3; enough != (err == nil) {
			t.Errorf("holders %04b: %v", set, err)
		} else if enough && (o.Commitment != hidden.Commitment || string(o.Secret) != "Yusuf") {
			t.Errorf("holders %04b opened something else", set)
		}
	}
	if _, err := PartOf(sealed, amal.identity); err == nil {
		t.Error("a recipient has a part")
	}
	forged := parts[2]
	forged.y[0] ^= 1
	if _, err := UnsealParts(sealed, []Part{parts[0], parts[1], forged}); err == nil {
		t.Error("a forged part opened it")
	}
	if _, err := UnsealParts(sealed, []Part{parts[0], parts[1], parts[1]}); err == nil {
		t.Error("one part counted twice")
	}
	other := revealTest(t, v, hideTest(t, v, "Hanan", to).Pseudonym)
	if _, err := UnsealParts(other, parts); err == nil {
		t.Error("the parts of one seal opened another")
	}
}

func TestResealingToHoldersOfParts(t *testing.T) {
	v := openTest(t, t.TempDir(), newClock())
	amal, b, c := newPerson(t, "amal"), newPerson(t, "b"), newPerson(t, "c")
	h := hideTest(t, v, "Yusuf", Recipients{Each: []Recipient{amal.Recipient}})
	o, err := Unseal(revealTest(t, v, h.Pseudonym), amal.identity)
	if err != nil {
		t.Fatal(err)
	}
	to := Recipients{Parts: []Recipient{b.Recipient, c.Recipient}, Need: 2}
	sealed, err := o.Seal(to)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Reseal(t.Context(), h.Pseudonym, sealed, to, "amal"); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(revealTest(t, v, h.Pseudonym), sealed) {
		t.Error("another seal")
	}
}

func FuzzPart(f *testing.F) {
	f.Add("marchday-part 0011223344556677 2 1 00112233445566778899aabbccddeeff")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParsePart(s)
		if err != nil {
			return
		}
		if again, err := ParsePart(p.String()); err != nil || again != p {
			t.Errorf("%q: %v", s, err)
		}
	})
}

func FuzzUnsealParts(f *testing.F) {
	f.Add([]byte("age-encryption.org/v1\n-> marchday.part 2 1 AAAA\nAAAA\n--- AAAA\n"), byte(1), byte(2))
	f.Fuzz(func(t *testing.T, sealed []byte, x, y byte) {
		_, err := UnsealParts(sealed, []Part{{file: fileOf(sealed), need: 2, x: x}, {file: fileOf(sealed), need: 2, x: y}})
		if err == nil {
			t.Error("opened with parts of nothing")
		}
		_ = looksSealed(sealed, Recipients{})
	})
}

func FuzzRecipients(f *testing.F) {
	f.Add([]byte("# a\nopen a b\npart c d\nneed 2\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		to, err := ParseRecipients(data)
		if err != nil {
			return
		}
		if again, err := ParseRecipients(to.text()); err != nil || again.prints() != to.prints() {
			t.Error(err)
		}
	})
}
