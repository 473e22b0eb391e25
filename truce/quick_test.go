package truce

import (
	"bytes"
	"encoding/base64"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// sameEitherWay holds that a body is read, or refused with the same words, as
// if the quick way were not there.
func sameEitherWay(t *testing.T, b []byte) (quick bool) {
	t.Helper()
	strict, wrong := decodeStrictly(b)
	got, err := DecodeBody(b)
	if (err == nil) != (wrong == nil) || err != nil && err.Error() != wrong.Error() {
		t.Fatalf("%q\nis read with %v\nand strictly with %v", b, err, wrong)
	}
	if err == nil && !reflect.DeepEqual(got, strict) {
		t.Fatalf("%q\nis read as %+v\nand strictly as %+v", b, got, strict)
	}
	if len(b) > 0 && wrong == nil {
		_, quick = quickly(b)
	}
	return quick
}

// corpus returns the bodies of every kind and version.
func corpus(t testing.TB) (bodies [][]byte) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(corpusDir, "*.json"))
	if err != nil || len(files) < len(Kinds()) {
		t.Fatalf("the corpus has %d files: %v", len(files), err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, b)
	}
	return bodies
}

// mutant changes JSON where it hurts: a byte for one that JSON is made of, a
// stretch left out, said twice or set in another place, a name in capitals.
func mutant(r *rand.Rand, b []byte) []byte {
	const telling = "\"\\{}[]:,-+0123456789eE. \n\tnulltruefalse/u\x00\x7f\xc3\xa9\xffKA"
	out := bytes.Clone(b)
	for range 1 + r.IntN(2) {
		i := r.IntN(len(out))
		n := min(1+r.IntN(24), len(out)-i)
		part := bytes.Clone(out[i : i+n])
		switch r.IntN(7) {
		case 0:
			out[i] = telling[r.IntN(len(telling))]
		case 1:
			out = append(out[:i], out[i+n:]...)
		case 2:
			out = append(out[:i], append(part, out[i:]...)...)
		case 3:
			out = append(out[:i], append([]byte{telling[r.IntN(len(telling))]}, out[i:]...)...)
		case 4:
			copy(out[i:], bytes.ToUpper(part))
		case 5: // a field, or an element, twice or elsewhere
			from := bytes.LastIndexByte(out[:i+1], ',')
			if to := bytes.IndexByte(out[i:], ','); from >= 0 && to > 0 {
				part = bytes.Clone(out[from : i+to])
				at := from
				if others := bytes.Count(out, []byte{','}); others > 1 && r.IntN(2) == 0 {
					for range r.IntN(others) {
						at = (at + 1 + max(0, bytes.IndexByte(out[at+1:], ','))) % len(out)
					}
				}
				out = append(out[:at], append(part, out[at:]...)...)
			}
		case 6:
			at := bytes.IndexByte(out[i:], ':')
			words := []string{"null", "1", `""`, "[]", "{}", "true", "9999999999999999999", "-1", "4294967296", `"\ud83d\ude00\n"`, "1.0", "256"}
			if at > 0 {
				rest := bytes.IndexAny(out[i+at:], ",}")
				if rest > 0 {
					out = append(out[:i+at+1], append([]byte(words[r.IntN(len(words))]), out[i+at+rest:]...)...)
				}
			}
		}
		if len(out) == 0 {
			return b
		}
	}
	return out
}

func TestABodyIsReadQuicklyAsStrictly(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2016))
	plain, read := 0, 0
	for _, b := range corpus(t) {
		if sameEitherWay(t, b) {
			plain++
		}
		for range 400 {
			if sameEitherWay(t, mutant(r, b)) {
				read++
			}
		}
	}
	if plain < len(Kinds())*3/4 || read < 1000 {
		t.Errorf("only %d bodies and %d mutants were read quickly", plain, read)
	}
}

func TestWhatIsNotPlainIsLeftToTheStrictWay(t *testing.T) {
	head := `{"origin":"o","regime":"r","kind":"report","v":1,"office":"w","made_at":"2016-05-03T00:00:00Z","body":`
	for _, c := range []struct {
		name, body string
		quick      bool
	}{
		{"as it is written", head + `{"channel":"field","text":"x"}}`, true},
		{"escapes", head + `{"channel":"field","text":"a\nb\u00e9\"\ud83d\ude00"}}`, true},
		{"another order", head + `{"text":"x","channel":"field"}}`, true},
		{"spaces", head + ` {"channel": "field", "text":"x"}}`, false},
		{"the body first", `{"body":{"channel":"field","text":"x"},"origin":"o","regime":"r","kind":"report","v":1,"office":"w","made_at":"2016-05-03T00:00:00Z"}`, false},
		{"null", head + `{"channel":"field","text":"x","origin_ref":null}}`, false},
		{"an empty list", head + `{"channel":"field","text":"x","claims":[]}}`, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if quick := sameEitherWay(t, []byte(c.body)); quick != c.quick {
				t.Errorf("read quickly: %v", quick)
			}
		})
	}
	for _, deep := range []int{30, 31, 32, 33, 34} {
		sameEitherWay(t, []byte(head+`{"channel":"field","text":`+strings.Repeat("[", deep)+strings.Repeat("]", deep)+`}}`))
	}
}

func FuzzABodyIsReadQuicklyAsStrictly(f *testing.F) {
	for _, b := range corpus(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) { sameEitherWay(t, b) })
}

// readByWritingAgain reads an envelope the other way: leniently, and then
// compares it with how it is written.
func readByWritingAgain(b []byte) (e Envelope, ok bool) {
	payload, rest, _ := strings.Cut(strings.TrimPrefix(string(b), envHead), envSigs)
	var err error
	if e.Payload, err = base64.StdEncoding.DecodeString(payload); err != nil {
		return e, false
	}
	for part := range strings.SplitSeq(strings.TrimSuffix(rest, envTail), "},{") {
		part = strings.TrimSuffix(strings.TrimPrefix(part, "{"), "}")
		id, sig, _ := strings.Cut(strings.TrimPrefix(part, `"keyid":"`), `","sig":"`)
		raw, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(sig, `"`))
		if err != nil || len(e.Signatures) == maxSignatures || strings.ContainsAny(id, `"\{}`) {
			return e, false
		}
		e.Signatures = append(e.Signatures, Signature{KeyID(id), raw})
	}
	return e, bytes.Equal(e.Bytes(), b)
}

func TestAnEnvelopeIsReadAsItIsWritten(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2016))
	held := 0
	for i := range 200 {
		e := Envelope{Payload: []byte(strings.Repeat("{}é", i%7))}
		for k := range 1 + i%3 {
			e.Signatures = append(e.Signatures, Signature{KeyID(strings.Repeat("a", k)), bytes.Repeat([]byte{byte(i)}, i%5)})
		}
		for range 300 {
			b := e.Bytes()
			if r.IntN(10) > 0 {
				b = mutant(r, b)
			}
			want, well := readByWritingAgain(b)
			got, err := ParseEnvelope(b)
			if well != (err == nil) || well && !reflect.DeepEqual(got, want) {
				t.Fatalf("%q\nis read as %+v, %v\nand was written as %+v, %v", b, got, err, want, well)
			}
			if well {
				held++
			}
		}
	}
	if held < 1000 {
		t.Errorf("only %d envelopes were well written", held)
	}
}
