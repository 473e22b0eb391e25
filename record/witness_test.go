package record

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func openTestWitness(t testing.TB, dir, name string) *Witness {
	t.Helper()
	w, err := OpenWitness(t.Context(), WitnessOptions{
		Dir: dir, Name: name, Signer: keyOf(name), Now: clock(),
		Logs: "log " + vkeyFor(testOrigin, algEd25519) + "\nquorum none\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	return w
}

// poster hands a request to a witness without a network.
func poster(w *Witness) func(context.Context, []byte) (int, []byte, error) {
	return func(ctx context.Context, body []byte) (int, []byte, error) {
		status, _, answer, err := w.AddCheckpoint(ctx, body)
		return status, answer, err
	}
}

// headOf signs a head over leaves, as a lying log would: of any history.
func headOf(t testing.TB, signer string, leaves ...string) (Head, tlog.HashReader) {
	t.Helper()
	var stored []tlog.Hash
	r := tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
		var out []tlog.Hash
		for _, i := range at {
			out = append(out, stored[i])
		}
		return out, nil
	})
	for i, l := range leaves {
		hs, err := tlog.StoredHashes(int64(i), []byte(l), r)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, hs...)
	}
	root, err := tlog.TreeHash(int64(len(leaves)), r)
	if err != nil {
		t.Fatal(err)
	}
	s, err := newNoteSigner(testOrigin, keyOf(signer))
	if err != nil {
		t.Fatal(err)
	}
	msg, err := note.Sign(&note.Note{Text: fmt.Sprintf("%s\n%d\n%s\n", testOrigin, len(leaves), root)}, s)
	if err != nil {
		t.Fatal(err)
	}
	return Head{Origin: testOrigin, Size: int64(len(leaves)), Root: root, Note: msg}, r
}

// consistency is the proof lines from size old.
func consistency(t testing.TB, h Head, r tlog.HashReader, old int64) [][32]byte {
	t.Helper()
	if old == 0 || old == h.Size {
		return nil
	}
	p, err := tlog.ProveTree(h.Size, old, r)
	if err != nil {
		t.Fatal(err)
	}
	var out [][32]byte
	for _, n := range p {
		out = append(out, n)
	}
	return out
}

func TestAWitnessAnswersAsItsTableSays(t *testing.T) {
	w := openTestWitness(t, t.TempDir(), "us-1.example")
	empty, _ := headOf(t, testOrigin)
	three, r3 := headOf(t, testOrigin, "a", "b", "c")
	five, r5 := headOf(t, testOrigin, "a", "b", "c", "d", "e")
	fork3, _ := headOf(t, testOrigin, "a", "b", "X")
	fork5, f5 := headOf(t, testOrigin, "a", "b", "X", "d", "e")
	stranger, _ := headOf(t, "stranger", "a", "b", "c")
	other := bytes.Replace(three.Note, []byte(testOrigin), []byte("other.example/log"), 2)
	good := marshalAsk(3, consistency(t, five, r5, 3), five.Note)
	steps := []struct {
		name   string
		body   []byte
		status int
		answer string
	}{
		{"nothing", nil, 400, ""},
		{"no old line", []byte("\n\n" + string(three.Note)), 400, ""},
		{"old with a leading zero", []byte("old 00\n\n" + string(three.Note)), 400, ""},
		{"old below zero", []byte("old -1\n\n" + string(three.Note)), 400, ""},
		{"a proof line that is no hash", []byte("old 0\nAAAA\n\n" + string(three.Note)), 400, ""},
		{"64 proof lines", marshalAsk(0, make([][32]byte, 64), three.Note), 400, ""},
		{"no signature", []byte("old 0\n\n" + testOrigin + "\n3\nAAAA\n"), 400, ""},
		{"an extra line in the checkpoint", marshalAsk(0, nil, bytes.Replace(three.Note, []byte("\n\n"), []byte("\nmore\n\n"), 1)), 400, ""},
		{"an unknown log", marshalAsk(0, nil, other), 404, ""},
		{"signed by a stranger", marshalAsk(0, nil, stranger.Note), 403, ""},
		{"old above the checkpoint", marshalAsk(4, nil, three.Note), 400, ""},
		{"a first contact that guesses", marshalAsk(2, nil, three.Note), 409, "0\n"},
		{"the empty log", marshalAsk(0, nil, empty.Note), 200, "— us-1.example "},
		{"a proof from nothing", marshalAsk(0, make([][32]byte, 1), three.Note), 422, ""},
		{"the first entries", marshalAsk(0, nil, three.Note), 200, "— us-1.example "},
		{"the same again", marshalAsk(3, nil, three.Note), 200, "— us-1.example "},
		{"the same with a proof", marshalAsk(3, make([][32]byte, 1), three.Note), 422, ""},
		{"old 0 to learn the size", marshalAsk(0, nil, five.Note), 409, "3\n"},
		{"another root at this size", marshalAsk(3, nil, fork3.Note), 409, "another root"},
		{"growth of another history", marshalAsk(3, consistency(t, fork5, f5, 3), fork5.Note), 422, ""},
		{"growth without a proof", marshalAsk(3, nil, five.Note), 422, ""},
		{"growth", good, 200, "— us-1.example "},
		{"growth again, as a resend", good, 409, "5\n"},
		{"back to a smaller size", marshalAsk(3, nil, three.Note), 409, "5\n"},
	}
	for _, s := range steps {
		status, kind, answer, err := w.AddCheckpoint(t.Context(), s.body)
		if err != nil || status != s.status || !strings.HasPrefix(string(answer), s.answer) {
			t.Errorf("%s: %d %q, %v, want %d %q", s.name, status, answer, err, s.status, s.answer)
		}
		if isSize := status == 409 && len(answer) == 2; isSize != (kind == sizeType) {
			t.Errorf("%s: content type %q", s.name, kind)
		}
	}
	es, err := w.Evidence(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var kept []string
	for _, e := range es {
		kept = append(kept, fmt.Sprint(e.Status))
		if e.Origin != testOrigin || len(e.Request) == 0 {
			t.Errorf("evidence %+v", e)
		}
	}
	if got := strings.Join(kept, " "); got != "422 409 422 422" {
		t.Errorf("evidence kept: %s", got)
	}
	if !bytes.Contains(es[1].Request, fork3.Note) || !bytes.HasPrefix(es[1].Seen, three.Note) {
		t.Error("the fork's evidence does not hold both notes")
	}
	_ = r3
	if h, err := w.Head(t.Context(), testOrigin); err != nil || h.Size != 5 || !bytes.Contains(h.Note, []byte("— us-1.example ")) {
		t.Errorf("newest head %+v, %v", h, err)
	}
}

func TestAWitnessRemembersAcrossRestarts(t *testing.T) {
	dir := t.TempDir()
	w := openTestWitness(t, dir, "us-1.example")
	three, _ := headOf(t, testOrigin, "a", "b", "c")
	if status, _, _, err := w.AddCheckpoint(t.Context(), marshalAsk(0, nil, three.Note)); status != 200 {
		t.Fatal(status, err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	w = openTestWitness(t, dir, "us-1.example")
	fork, _ := headOf(t, testOrigin, "a", "b", "X")
	if status, _, _, _ := w.AddCheckpoint(t.Context(), marshalAsk(0, nil, fork.Note)); status != 409 {
		t.Errorf("after a restart a second history was answered with %d", status)
	}
}

// Of many requests for different histories at once, only one may win.
func TestAWitnessUnderARaceSignsOneHistory(t *testing.T) {
	w := openTestWitness(t, t.TempDir(), "us-1.example")
	won := make(chan bool)
	const n = 16
	for i := range n {
		h, _ := headOf(t, testOrigin, "a", fmt.Sprint(i))
		go func() {
			status, _, _, err := w.AddCheckpoint(context.Background(), marshalAsk(0, nil, h.Note))
			if err != nil {
				t.Error(err)
			}
			won <- status == 200
		}()
	}
	wins := 0
	for range n {
		if <-won {
			wins++
		}
	}
	if wins != 1 {
		t.Errorf("%d histories were cosigned", wins)
	}
}

func TestALogAndItsWitnessesOverHTTP(t *testing.T) {
	o := options()
	o.Policy = jointPolicy()
	l := openTest(t, t.TempDir(), o)
	servers := map[string]*httptest.Server{}
	for name, key := range map[string]string{"us-1": "us-1.example", "ru-1": "ru-1.example"} {
		servers[name] = httptest.NewServer(openTestWitness(t, t.TempDir(), key))
		t.Cleanup(servers[name].Close)
	}
	post := func(name string) func(context.Context, []byte) (int, []byte, error) {
		return func(ctx context.Context, body []byte) (int, []byte, error) {
			req, err := http.NewRequestWithContext(ctx, http.MethodPost, servers[name].URL+"/add-checkpoint", bytes.NewReader(body))
			if err != nil {
				return 0, nil, err
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				return 0, nil, err
			}
			defer res.Body.Close()
			answer, err := io.ReadAll(res.Body)
			return res.StatusCode, answer, err
		}
	}
	for size := 3; size < 1_000; size *= 3 {
		fill(t, l, int(l.Size()), size)
		publish(t, l)
		for _, name := range []string{"us-1", "ru-1"} {
			if _, err := l.Ask(t.Context(), name, post(name)); err != nil {
				t.Fatalf("size %d, %s: %v", size, name, err)
			}
		}
		_, joint, err := l.Checkpoint(t.Context())
		if err != nil || joint.Size != int64(size) {
			t.Errorf("joint head of %d, want %d: %v", joint.Size, size, err)
		}
	}
	// A witness that this log knows nothing of, because its store was restored.
	if err := l.submit(t.Context(), func(s *sequencer) error {
		return l.st.tx(context.Background(), func() error {
			_, err := l.st.w.ExecContext(context.Background(), `DELETE FROM peer`)
			return err
		})
	}); err != nil {
		t.Fatal(err)
	}
	fill(t, l, int(l.Size()), 1_000)
	publish(t, l)
	if h, err := l.Ask(t.Context(), "us-1", post("us-1")); err != nil || fmt.Sprint(h.Missing) != "[RU]" {
		t.Errorf("after its size was forgotten: %v, missing %v", err, h.Missing)
	}
	peers, err := l.Peers(t.Context())
	if err != nil || len(peers) != 4 || peers[0].Size != 1_000 || peers[0].SeenAt == 0 || peers[1].URL != "https://us-2.example/" || peers[3].SeenAt != 0 {
		t.Errorf("peers %+v, %v", peers, err)
	}
	res, err := http.Get(servers["us-1"].URL + "/" + originPath(testOrigin) + "/checkpoint")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	msg, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != 200 {
		t.Fatal(res.Status, err)
	}
	if err := l.Compare(t.Context(), msg); err != nil {
		t.Errorf("the head that the witness serves: %v", err)
	}
}

// A bad witness stops level 3 and nothing else.
func TestABadWitnessStopsNothing(t *testing.T) {
	o := options()
	o.Policy = jointPolicy()
	l := openTest(t, t.TempDir(), o)
	fill(t, l, 0, 10)
	h := publish(t, l)
	lie, _ := headOf(t, "stranger", "a", "b")
	answers := map[string]func(context.Context, []byte) (int, []byte, error){
		"refuses":           func(context.Context, []byte) (int, []byte, error) { return 403, []byte("no"), nil },
		"is not there":      func(context.Context, []byte) (int, []byte, error) { return 0, nil, errors.New("no route") },
		"fails":             func(context.Context, []byte) (int, []byte, error) { return 500, nil, nil },
		"claims a later":    func(context.Context, []byte) (int, []byte, error) { return 409, []byte("999999\n"), nil },
		"claims nonsense":   func(context.Context, []byte) (int, []byte, error) { return 409, []byte("many\n"), nil },
		"claims minus one":  func(context.Context, []byte) (int, []byte, error) { return 409, []byte("-1\n"), nil },
		"claims a fork":     func(context.Context, []byte) (int, []byte, error) { return 409, nil, nil },
		"refuses the proof": func(context.Context, []byte) (int, []byte, error) { return 422, nil, nil },
		"wavers":            func(_ context.Context, b []byte) (int, []byte, error) { return 409, []byte{'1' + b[4]%2, '\n'}, nil },
		"signs nothing":     func(context.Context, []byte) (int, []byte, error) { return 200, nil, nil },
		"signs junk": func(context.Context, []byte) (int, []byte, error) {
			return 200, []byte("— us-1.example AAAAAAAA\n"), nil
		},
		"signs another": func(context.Context, []byte) (int, []byte, error) {
			return 200, cosignature(t, "us-1.example", lie.Note, time.Unix(1, 0)), nil
		},
		"floods":           func(context.Context, []byte) (int, []byte, error) { return 200, make([]byte, 10<<20), nil },
		"redirects":        func(context.Context, []byte) (int, []byte, error) { return 302, nil, nil },
		"puts it off":      func(context.Context, []byte) (int, []byte, error) { return 429, []byte("later"), nil },
		"answers a page":   func(context.Context, []byte) (int, []byte, error) { return 200, []byte("<html>"), nil },
		"claims no number": func(context.Context, []byte) (int, []byte, error) { return 409, []byte("99999999999999999999\n"), nil },
		"hangs":            func(context.Context, []byte) (int, []byte, error) { return 0, nil, context.DeadlineExceeded },
		"signs in another's name": func(_ context.Context, b []byte) (int, []byte, error) {
			r, _ := parseAsk(b)
			return 200, bytes.Replace(cosignature(t, "ru-1.example", r.note, time.Unix(1, 0)), []byte("ru-1"), []byte("us-1"), 1), nil
		},
		"cuts its line short": func(_ context.Context, b []byte) (int, []byte, error) {
			r, _ := parseAsk(b)
			c := cosignature(t, "us-1.example", r.note, time.Unix(1, 0))
			return 200, c[:len(c)-9], nil
		},
		"flips a bit of its line": func(_ context.Context, b []byte) (int, []byte, error) {
			r, _ := parseAsk(b)
			c := bytes.Clone(cosignature(t, "us-1.example", r.note, time.Unix(1, 0)))
			c[len(c)-9] ^= 1
			return 200, c, nil
		},
		"signs an older head": func(context.Context, []byte) (int, []byte, error) {
			return 200, cosignature(t, "us-1.example", h.Note, time.Unix(1, 0)), nil
		},
		"gives the head back": func(_ context.Context, b []byte) (int, []byte, error) {
			r, _ := parseAsk(b)
			return 200, r.note, nil
		},
		"signs as the log": func(_ context.Context, b []byte) (int, []byte, error) {
			return 200, []byte("— " + testOrigin + " AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n"), nil
		},
		"answers for another": func(context.Context, []byte) (int, []byte, error) {
			return 200, cosignature(t, "stranger.example", h.Note, time.Unix(1, 0)), nil
		},
	}
	const want = 25
	if len(answers) < want {
		t.Errorf("%d bad witnesses, want %d", len(answers), want)
	}
	n := int(l.Size())
	fill(t, l, n, n+1) // so that the first head is an older one
	n++
	publish(t, l)
	for name, post := range answers {
		if _, err := l.Ask(t.Context(), "us-1", post); err == nil {
			t.Errorf("a witness that %s: no error", name)
		}
		fill(t, l, n, n+1)
		n++
		if got := publish(t, l); got.Size != int64(n) {
			t.Errorf("a witness that %s: the next head has size %d, want %d", name, got.Size, n)
		}
	}
	signed, joint, err := l.Checkpoint(t.Context())
	if err != nil || joint.Note != nil || fmt.Sprint(signed.Missing) != "[US RU]" {
		t.Errorf("joint head %v, missing %v, %v", joint.Note, signed.Missing, err)
	}
}

// A log that shows each capital another history is caught by the first witness
// that sees both, and the evidence verifies offline.
func TestASplitViewLeavesEvidence(t *testing.T) {
	us, ru := openTestWitness(t, t.TempDir(), "us-1.example"), openTestWitness(t, t.TempDir(), "ru-1.example")
	toUS, _ := headOf(t, testOrigin, "a", "for Washington")
	toRU, _ := headOf(t, testOrigin, "a", "for Moscow")
	for w, h := range map[*Witness]Head{us: toUS, ru: toRU} {
		if status, _, _, err := w.AddCheckpoint(t.Context(), marshalAsk(0, nil, h.Note)); status != 200 {
			t.Fatal(status, err)
		}
	}
	seen, err := ru.Head(t.Context(), testOrigin)
	if err != nil {
		t.Fatal(err)
	}
	bare, _, _ := bytes.Cut(seen.Note, []byte("— ru-1.example"))
	if status, _, _, _ := us.AddCheckpoint(t.Context(), marshalAsk(2, nil, bare)); status != 409 {
		t.Errorf("the other capital's head was answered with %d", status)
	}
	es, err := us.Evidence(t.Context())
	if err != nil || len(es) != 1 {
		t.Fatalf("evidence %v, %v", es, err)
	}
	p, err := ParsePolicy("log " + vkeyFor(testOrigin, algEd25519) + "\nquorum none\n")
	if err != nil {
		t.Fatal(err)
	}
	r, err := parseAsk(es[0].Request)
	if err != nil {
		t.Fatal(err)
	}
	why, err := Contradiction(es[0].Seen, r.note, p)
	if err != nil || !strings.Contains(why, "two roots at size 2") {
		t.Errorf("evidence explained as %q, %v", why, err)
	}
	if why, err := Contradiction(toUS.Note, toUS.Note, p); err != nil || why != "" {
		t.Errorf("a head contradicts itself: %q, %v", why, err)
	}
	if _, err := Contradiction(toUS.Note, bytes.Replace(toRU.Note, []byte("\n2\n"), []byte("\n3\n"), 1), p); err == nil {
		t.Error("evidence with an altered note was believed")
	}
}
