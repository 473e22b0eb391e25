package vault

import (
	"bytes"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
)

// testClock is set by hand.
type testClock struct{ at time.Time }

func (c *testClock) now() time.Time { return c.at }

func newClock() *testClock {
	return &testClock{time.Date(2016, 5, 5, 15, 17, 11, 0, time.UTC)}
}

func openTest(t *testing.T, dir string, c *testClock) *Vault {
	t.Helper()
	v, err := Open(t.Context(), dir, Options{Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
	})
	return v
}

// person is a recipient with its identity, as on its own machine.
type person struct {
	Recipient
	identity string
}

func newPerson(t *testing.T, name string) person {
	t.Helper()
	identity, key, err := NewIdentity()
	if err != nil {
		t.Fatal(err)
	}
	return person{Recipient{name, key}, identity}
}

func hideTest(t *testing.T, v *Vault, secret string, to Recipients) Hidden {
	t.Helper()
	h, err := v.Hide(t.Context(), []byte(secret), to)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func revealTest(t *testing.T, v *Vault, pseudonym string) []byte {
	t.Helper()
	sealed, err := v.Reveal(t.Context(), pseudonym, "amal")
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

// filesOf returns the bytes of every file of a folder.
func filesOf(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		all[name], err = os.ReadFile(name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// traces are pieces of a thing as it might lie in a file: raw and in hex.
func traces(b []byte) [][]byte {
	var all [][]byte
	for at := 0; at+24 <= len(b); at += max(24, len(b)/40) {
		all = append(all, b[at:at+24], []byte(hex.EncodeToString(b[at:at+24])))
	}
	return all
}

func findTraces(t *testing.T, dir string, b []byte) (found int) {
	t.Helper()
	for _, data := range filesOf(t, dir) {
		for _, piece := range traces(b) {
			if bytes.Contains(data, piece) {
				found++
			}
		}
	}
	return found
}

func TestASecretIsOpenedByItsRecipientAndNobodyElse(t *testing.T) {
	v := openTest(t, t.TempDir(), newClock())
	amal, badr, other := newPerson(t, "amal"), newPerson(t, "badr"), newPerson(t, "other")
	h := hideTest(t, v, "Yusuf, +963 944 123456", Recipients{Each: []Recipient{amal.Recipient, badr.Recipient}})
	if !isPseudonym(h.Pseudonym) {
		t.Fatalf("pseudonym %q", h.Pseudonym)
	}
	sealed := revealTest(t, v, h.Pseudonym)
	for _, who := range []person{amal, badr} {
		o, err := Unseal(sealed, who.identity)
		if err != nil {
			t.Fatal(err)
		}
		if string(o.Secret) != "Yusuf, +963 944 123456" || o.Commitment != h.Commitment {
			t.Errorf("%s opened %q", who.Name, o.Secret)
		}
	}
	if _, err := Unseal(sealed, other.identity); err == nil {
		t.Error("somebody else opened it")
	}
	if _, err := Unseal(append(bytes.Clone(sealed[:len(sealed)-1]), sealed[len(sealed)-1]^1), amal.identity); err == nil {
		t.Error("a flipped bit was not found")
	}
}

func TestTheSameWordsTwiceHaveNothingInCommon(t *testing.T) {
	v := openTest(t, t.TempDir(), newClock())
	to := Recipients{Each: []Recipient{newPerson(t, "amal").Recipient}}
	a, b := hideTest(t, v, "Yusuf", to), hideTest(t, v, "Yusuf", to)
	if a.Pseudonym == b.Pseudonym || a.Commitment == b.Commitment {
		t.Error("who holds the record could tell that it is one source")
	}
}

func TestASealTellsOnlyOneOfThreeSizes(t *testing.T) {
	to := Recipients{Each: []Recipient{newPerson(t, "amal").Recipient}}
	sizes := map[int]bool{}
	for _, c := range []struct{ from, to int }{{1, 4092}, {4093, 16380}, {16381, 65532}} {
		small, _, err1 := seal(make([]byte, c.from), to)
		large, _, err2 := seal(make([]byte, c.to), to)
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		if len(small) != len(large) {
			t.Errorf("%d and %d bytes give %d and %d", c.from, c.to, len(small), len(large))
		}
		sizes[len(small)] = true
	}
	if len(sizes) != 3 {
		t.Errorf("%d sizes", len(sizes))
	}
	for _, n := range []int{0, MaxSecret + 1} {
		if _, _, err := seal(make([]byte, n), to); err == nil {
			t.Errorf("%d bytes were sealed", n)
		}
	}
}

func TestWhoMayBeARecipient(t *testing.T) {
	amal := newPerson(t, "amal").Recipient
	classical, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	many := make([]Recipient, maxRecipients+1)
	for i := range many {
		many[i] = newPerson(t, "p").Recipient
	}
	for name, to := range map[string]Recipients{
		"nobody":                  {},
		"a classical key":         {Each: []Recipient{amal, {"old", classical.Recipient().String()}}},
		"no key":                  {Each: []Recipient{{"amal", "amal"}}},
		"no name":                 {Each: []Recipient{{"", amal.Key}}},
		"a name of two lines":     {Each: []Recipient{{"a\nb", amal.Key}}},
		"one key twice":           {Each: []Recipient{amal, {"again", amal.Key}}},
		"too many":                {Each: many},
		"a part that needs one":   {Parts: many[:2], Need: 1},
		"more parts than holders": {Parts: many[:2], Need: 3},
		"parts without a number":  {Parts: many[:2]},
	} {
		if _, _, err := seal([]byte("x"), to); err == nil {
			t.Errorf("%s: sealed", name)
		}
	}
}

func TestEveryReadingIsListed(t *testing.T) {
	clock := newClock()
	v := openTest(t, t.TempDir(), clock)
	amal := newPerson(t, "amal")
	h := hideTest(t, v, "Yusuf", Recipients{Each: []Recipient{amal.Recipient}})
	revealTest(t, v, h.Pseudonym)
	clock.at = clock.at.Add(2 * time.Hour)
	if _, err := v.Reveal(t.Context(), h.Pseudonym, "badr"); err != nil {
		t.Fatal(err)
	}
	for _, by := range []string{"", "  ", strings.Repeat("x", 101)} {
		if _, err := v.Reveal(t.Context(), h.Pseudonym, by); err == nil {
			t.Errorf("%q was told", by)
		}
	}
	all, err := v.Entries(t.Context())
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	want := []Reading{{"amal", time.Date(2016, 5, 5, 15, 0, 0, 0, time.UTC).Unix(), false}, {"badr", time.Date(2016, 5, 5, 17, 0, 0, 0, time.UTC).Unix(), false}}
	if !slices.Equal(all[0].Readings, want) || !slices.Equal(all[0].Opens, []string{amal.Print()}) || all[0].Commitment != h.Commitment {
		t.Errorf("%+v", all[0])
	}
}

func TestWhatIsForgottenIsInNoFile(t *testing.T) {
	dir := t.TempDir()
	v := openTest(t, dir, newClock())
	amal := newPerson(t, "amal")
	to := Recipients{Each: []Recipient{amal.Recipient}}
	var all []Hidden
	for range 5 {
		all = append(all, hideTest(t, v, "Yusuf", to))
	}
	gone := all[2]
	code, err := v.Issue(t.Context(), gone.Pseudonym, [32]byte{7})
	if err != nil {
		t.Fatal(err)
	}
	ring, err := v.readRing()
	if err != nil {
		t.Fatal(err)
	}
	sealed := revealTest(t, v, gone.Pseudonym)
	wrapped := wrappedOf(t, v, gone.Pseudonym)
	if findTraces(t, dir, wrapped) == 0 || findTraces(t, dir, ring.rows[gone.Pseudonym]) == 0 {
		t.Fatal("the test cannot see what is kept")
	}
	if err := v.Forget(t.Context(), gone.Pseudonym, "asked"); err != nil {
		t.Fatal(err)
	}
	for what, b := range map[string][]byte{
		"seal": sealed, "row": wrapped, "row key": ring.rows[gone.Pseudonym], "commitment": gone.Commitment[:],
	} {
		if n := findTraces(t, dir, b); n > 0 {
			t.Errorf("%s: %d traces", what, n)
		}
	}
	if _, err := v.Reveal(t.Context(), gone.Pseudonym, "amal"); !errors.Is(err, ErrUnknown) {
		t.Error(err)
	}
	if _, _, err := v.Receipt(t.Context(), code); !errors.Is(err, ErrUnknown) {
		t.Error(err)
	}
	if err := v.Forget(t.Context(), gone.Pseudonym, "asked"); err != nil {
		t.Errorf("the second time: %v", err)
	}
	for i, h := range all {
		if i != 2 {
			if o, err := Unseal(revealTest(t, v, h.Pseudonym), amal.identity); err != nil || o.Commitment != h.Commitment {
				t.Errorf("entry %d went along: %v", i, err)
			}
		}
	}
}

func wrappedOf(t *testing.T, v *Vault, pseudonym string) (b []byte) {
	t.Helper()
	if err := v.db.QueryRowContext(t.Context(), `SELECT sealed FROM source WHERE pseudonym = $1`, pseudonym).Scan(&b); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAReasonIsACodeAndNoWords(t *testing.T) {
	v := openTest(t, t.TempDir(), newClock())
	h := hideTest(t, v, "Yusuf", Recipients{Each: []Recipient{newPerson(t, "amal").Recipient}})
	for _, why := range []string{"", "Yusuf asked", "at the wish of yusuf", strings.Repeat("a", 41)} {
		if v.Forget(t.Context(), h.Pseudonym, why) == nil || v.Doom(t.Context(), h.Pseudonym, why) == nil {
			t.Errorf("%q was taken", why)
		}
	}
	if err := v.Forget(t.Context(), strings.Repeat("0", 32), "asked"); !errors.Is(err, ErrUnknown) {
		t.Error(err)
	}
}

func TestWhatIsDoomedIsNotRevealedAndIsFinishedLater(t *testing.T) {
	dir, clock := t.TempDir(), newClock()
	v := openTest(t, dir, clock)
	h := hideTest(t, v, "Yusuf", Recipients{Each: []Recipient{newPerson(t, "amal").Recipient}})
	for range 2 {
		if err := v.Doom(t.Context(), h.Pseudonym, "danger"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := v.Reveal(t.Context(), h.Pseudonym, "amal"); !errors.Is(err, ErrUnknown) {
		t.Error(err)
	}
	w := openTest(t, dir, clock)
	all, err := w.Doomed(t.Context())
	if err != nil || len(all) != 1 || all[h.Pseudonym] != "danger" {
		t.Fatal(all, err)
	}
	if err := w.Forget(t.Context(), h.Pseudonym, "danger"); err != nil {
		t.Fatal(err)
	}
	if all, err := v.Doomed(t.Context()); err != nil || len(all) > 0 {
		t.Error(all, err)
	}
}

func TestResealingGivesItToOthersUnderTheSameCommitment(t *testing.T) {
	dir := t.TempDir()
	v := openTest(t, dir, newClock())
	amal, badr := newPerson(t, "amal"), newPerson(t, "badr")
	h := hideTest(t, v, "Yusuf", Recipients{Each: []Recipient{amal.Recipient}})
	former := wrappedOf(t, v, h.Pseudonym)
	o, err := Unseal(revealTest(t, v, h.Pseudonym), amal.identity)
	if err != nil {
		t.Fatal(err)
	}
	to := Recipients{Each: []Recipient{badr.Recipient}}
	sealed, err := o.Seal(to)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Reseal(t.Context(), h.Pseudonym, sealed, to, "amal"); err != nil {
		t.Fatal(err)
	}
	got := revealTest(t, v, h.Pseudonym)
	if o, err := Unseal(got, badr.identity); err != nil || string(o.Secret) != "Yusuf" || o.Commitment != h.Commitment {
		t.Errorf("badr opened %q: %v", o.Secret, err)
	}
	if _, err := Unseal(got, amal.identity); err == nil {
		t.Error("amal still opens it")
	}
	if n := findTraces(t, dir, former); n > 0 {
		t.Errorf("%d traces of the former seal", n)
	}
	all, err := v.Entries(t.Context())
	if err != nil || !slices.ContainsFunc(all[0].Readings, func(r Reading) bool { return r.Resealed && r.By == "amal" }) {
		t.Errorf("%+v %v", all, err)
	}
}

func TestOnlyASealOfOurShapeIsPutInAnew(t *testing.T) {
	v := openTest(t, t.TempDir(), newClock())
	amal, badr := newPerson(t, "amal"), newPerson(t, "badr")
	to := Recipients{Each: []Recipient{amal.Recipient}}
	h := hideTest(t, v, "Yusuf", to)
	good, _, err := seal([]byte("x"), to)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{
		"words":                []byte("Yusuf"),
		"nothing":              nil,
		"cut short":            good[:len(good)-1],
		"for two, not for one": sealFor(t, amal, badr),
		"classical":            sealClassical(t),
	} {
		if v.Reseal(t.Context(), h.Pseudonym, b, to, "amal") == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if v.Reseal(t.Context(), h.Pseudonym, good, to, "") == nil || v.Reseal(t.Context(), h.Pseudonym, good, Recipients{}, "amal") == nil {
		t.Error("taken from nobody, or for nobody")
	}
	if err := v.Reseal(t.Context(), strings.Repeat("0", 32), good, to, "amal"); !errors.Is(err, ErrUnknown) {
		t.Error(err)
	}
}

func sealFor(t *testing.T, all ...person) []byte {
	t.Helper()
	var to Recipients
	for _, p := range all {
		to.Each = append(to.Each, p.Recipient)
	}
	b, _, err := seal([]byte("x"), to)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func sealClassical(t *testing.T) []byte {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w, err := age.Encrypt(&b, id.Recipient())
	if err == nil {
		_, err = w.Write(make([]byte, commitKey+classes()[0]))
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestTheFileOfRecipients(t *testing.T) {
	v := openTest(t, t.TempDir(), newClock())
	if to, err := v.Recipients(); err != nil || len(to.Each) > 0 {
		t.Fatal(to, err)
	}
	amal, badr, p, q := newPerson(t, "amal"), newPerson(t, "badr"), newPerson(t, "p"), newPerson(t, "q")
	to := Recipients{Each: []Recipient{amal.Recipient, badr.Recipient}, Parts: []Recipient{p.Recipient, q.Recipient}, Need: 2}
	if err := v.SetRecipients(to); err != nil {
		t.Fatal(err)
	}
	got, err := v.Recipients()
	if err != nil || !slices.Equal(got.Each, to.Each) || !slices.Equal(got.Parts, to.Parts) || got.Need != 2 {
		t.Fatal(got, err)
	}
	only, err := got.Only("badr")
	if err != nil || len(only.Each) != 1 || only.Each[0].Name != "badr" || len(only.Parts) != 2 {
		t.Error(only, err)
	}
	if all, err := got.Only(); err != nil || len(all.Each) != 2 {
		t.Error(all, err)
	}
	if _, err := got.Only("nobody"); err == nil {
		t.Error("nobody is a recipient")
	}
	if v.SetRecipients(Recipients{}) == nil {
		t.Error("nobody was written")
	}
	for _, text := range []string{"open amal", "need two", "close amal " + amal.Key, "open amal " + amal.Key + "\nneed 2"} {
		if _, err := ParseRecipients([]byte(text)); err == nil {
			t.Errorf("%q was read", text)
		}
	}
	if to, err := ParseRecipients([]byte("# who\n\nopen amal " + amal.Key + "\n")); err != nil || len(to.Each) != 1 {
		t.Error(to, err)
	}
}

func TestWhatNoRecordNamesIsSweptAfterADay(t *testing.T) {
	clock := newClock()
	v := openTest(t, t.TempDir(), clock)
	to := Recipients{Each: []Recipient{newPerson(t, "amal").Recipient}}
	kept, orphan, waits := hideTest(t, v, "a", to), hideTest(t, v, "b", to), hideTest(t, v, "c", to)
	if err := v.Hold(Waiting{Key: [32]byte{1}, Pseudonym: waits.Pseudonym, Body: []byte("{}")}, time.Hour); err != nil {
		t.Fatal(err)
	}
	logged := func(h Hidden) (bool, error) { return h == kept, nil }
	sweep := func(want int) {
		t.Helper()
		if n, err := v.Sweep(t.Context(), logged); err != nil || n != want {
			t.Fatal(n, err)
		}
	}
	clock.at = clock.at.Add(23 * time.Hour)
	sweep(0)
	clock.at = clock.at.Add(3 * time.Hour)
	young := hideTest(t, v, "d", to)
	sweep(1)
	sweep(0)
	if _, err := v.Reveal(t.Context(), orphan.Pseudonym, "amal"); !errors.Is(err, ErrUnknown) {
		t.Error(err)
	}
	for _, h := range []Hidden{kept, waits, young} {
		revealTest(t, v, h.Pseudonym)
	}
	clock.at = clock.at.Add(30 * time.Hour)
	broken := errors.New("the record cannot be read")
	if n, err := v.Sweep(t.Context(), func(Hidden) (bool, error) { return false, broken }); !errors.Is(err, broken) || n > 0 {
		t.Error("swept without knowing the record", n, err)
	}
}

func TestAReceiptCodeOpensItsOwnReportAndIsKeptNowhere(t *testing.T) {
	dir, clock := t.TempDir(), newClock()
	v := openTest(t, dir, clock)
	to := Recipients{Each: []Recipient{newPerson(t, "amal").Recipient}}
	a, b := hideTest(t, v, "a", to), hideTest(t, v, "b", to)
	codeA, err1 := v.Issue(t.Context(), a.Pseudonym, [32]byte{1})
	codeB, err2 := v.Issue(t.Context(), b.Pseudonym, [32]byte{2})
	if err := errors.Join(err1, err2); err != nil || len(codeA) != codeDigits || codeA == codeB {
		t.Fatal(codeA, codeB, err)
	}
	arabic := strings.Map(func(r rune) rune { return '٠' + r - '0' }, codeA)
	for _, written := range []string{codeA, codeA[:4] + " " + codeA[4:8] + "-" + codeA[8:], arabic, "code: " + codeA} {
		if name, key, err := v.Receipt(t.Context(), written); err != nil || name != a.Pseudonym || key != [32]byte{1} {
			t.Errorf("%q: %s %v", written, name, err)
		}
	}
	for _, wrong := range []string{"", codeA[:15], codeA + "0", strings.Repeat("1", 500), "0000000000000000"} {
		if _, _, err := v.Receipt(t.Context(), wrong); !errors.Is(err, ErrUnknown) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
	for name, data := range filesOf(t, dir) {
		if bytes.Contains(data, []byte(codeA)) {
			t.Errorf("the code is in %s", filepath.Base(name))
		}
	}
	clock.at = clock.at.Add(receiptsLast + 2*time.Hour)
	if _, err := v.Sweep(t.Context(), func(Hidden) (bool, error) { return true, nil }); err != nil {
		t.Fatal(err)
	}
	if _, _, err := v.Receipt(t.Context(), codeA); !errors.Is(err, ErrUnknown) {
		t.Error("the code is older than it lasts", err)
	}
}

func TestTheFilesTellNoMinute(t *testing.T) {
	dir, clock := t.TempDir(), newClock()
	v := openTest(t, dir, clock)
	h := hideTest(t, v, "a", Recipients{Each: []Recipient{newPerson(t, "amal").Recipient}})
	revealTest(t, v, h.Pseudonym)
	if err := v.Hold(Waiting{Key: [32]byte{1}, Pseudonym: h.Pseudonym}, 6*time.Hour); err != nil {
		t.Fatal(err)
	}
	all, err := v.Entries(t.Context())
	if err != nil || all[0].Hour%3600 != 0 || all[0].Readings[0].Hour%3600 != 0 {
		t.Error(all, err)
	}
	w, err := v.Held()
	if err != nil || w[0].Due.Minute() != 0 || w[0].Due.Second() != 0 || w[0].Due.After(clock.at.Add(6*time.Hour)) {
		t.Error(w, err)
	}
}

func TestOpeningRefusesWhatWasNotWritten(t *testing.T) {
	for name, text := range map[string]string{
		"other words": "keys\n", "no salt": ringHead + "\n", "a short key": ringHead + "\nsalt 00\n",
		"a row of two": ringHead + "\nsalt " + strings.Repeat("0", 64) + "\nrow " + strings.Repeat("0", 64) + "\n", "nothing": "",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, fileKeys), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if v, err := Open(t.Context(), dir, Options{Now: newClock().now}); err == nil {
			t.Errorf("%s: opened", name)
			_ = v.Close()
		}
	}
	if _, err := Open(t.Context(), t.TempDir(), Options{}); err == nil {
		t.Error("opened without a clock")
	}
}

func TestAClosedVaultAnswers(t *testing.T) {
	v := openTest(t, t.TempDir(), newClock())
	if err := errors.Join(v.Close(), v.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Held(); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

func TestARowThatDoesNotFitItsKeyIsSaid(t *testing.T) {
	v := openTest(t, t.TempDir(), newClock())
	to := Recipients{Each: []Recipient{newPerson(t, "amal").Recipient}}
	a, b := hideTest(t, v, "a", to), hideTest(t, v, "b", to)
	if _, err := v.db.ExecContext(t.Context(), `UPDATE source SET sealed = (SELECT sealed FROM source WHERE pseudonym = $1) WHERE pseudonym = $2`, a.Pseudonym, b.Pseudonym); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Reveal(t.Context(), b.Pseudonym, "amal"); err == nil || errors.Is(err, ErrUnknown) {
		t.Error("another's row was shown under this name", err)
	}
}

func TestTwoProcessesMayHoldOneVault(t *testing.T) {
	dir, clock := t.TempDir(), newClock()
	to := Recipients{Each: []Recipient{newPerson(t, "amal").Recipient}}
	vs := []*Vault{openTest(t, dir, clock), openTest(t, dir, clock)}
	const each = 10
	names := make(chan string, 2*each)
	errs := make(chan error, 2)
	for _, v := range vs {
		go func() {
			for range each {
				h, err := v.Hide(t.Context(), []byte("x"), to)
				if err != nil {
					errs <- err
					return
				}
				names <- h.Pseudonym
			}
			errs <- nil
		}()
	}
	if err := errors.Join(<-errs, <-errs); err != nil {
		t.Fatal(err)
	}
	close(names)
	n := 0
	for name := range names {
		revealTest(t, vs[n%2], name)
		n++
	}
	if n != 2*each {
		t.Errorf("%d entries", n)
	}
}
