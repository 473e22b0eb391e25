package vault

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"
)

func waitingAt(i int) Waiting {
	var seed [8]byte
	binary.BigEndian.PutUint64(seed[:], uint64(i))
	key := sha256.Sum256(seed[:])
	return Waiting{Key: key, Pseudonym: fmt.Sprintf("%032x", i), Body: []byte("body")}
}

// spearman is the rank correlation of a permutation with the order 0, 1, 2, ...
func spearman(order []int) float64 {
	n := float64(len(order))
	var d2 float64
	for at, was := range order {
		d := float64(at - was)
		d2 += d * d
	}
	return 1 - 6*d2/(n*(n*n-1))
}

// TestTheOrderOfTheRecordTellsNothingOfTheOrderOfArrival mixes 10,000 batches
// of 20 that came in order: the mean rank correlation is 0 within three
// standard errors, and so is the place of each arrival.
func TestTheOrderOfTheRecordTellsNothingOfTheOrderOfArrival(t *testing.T) {
	const runs, size = 10_000, 20
	now := time.Date(2016, 5, 5, 15, 0, 0, 0, time.UTC)
	var sum float64
	var counts [size][size]int // arrival, place
	for run := range runs {
		var all []Waiting
		arrived := map[[32]byte]int{}
		for i := range size {
			w := waitingAt(run*size + i)
			w.Due = now.Add(time.Hour)
			arrived[w.Key] = i
			all = append(all, w)
		}
		out := Mix(all, size, now, rand.New(rand.NewPCG(uint64(run), 1)))
		if len(out) != size {
			t.Fatal(len(out))
		}
		order := make([]int, size)
		for place, w := range out {
			order[place] = arrived[w.Key]
			counts[arrived[w.Key]][place]++
		}
		sum += spearman(order)
	}
	mean, se := sum/runs, 1/math.Sqrt((size-1)*runs)
	t.Logf("mean rank correlation %.5f, standard error %.5f", mean, se)
	if math.Abs(mean) > 3*se {
		t.Errorf("mean rank correlation %.5f, over 3 x %.5f", mean, se)
	}
	var chi float64
	for _, row := range counts {
		for _, n := range row {
			d := float64(n) - runs/size
			chi += d * d / (runs / size)
		}
	}
	// Mean and standard deviation of chi squared with (size-1)^2 degrees.
	if degrees := float64((size - 1) * (size - 1)); math.Abs(chi-degrees) > 4*math.Sqrt(2*degrees) {
		t.Errorf("chi squared %.0f of %v degrees: some places are likelier", chi, degrees)
	}
	straight := make([]int, size)
	for i := range straight {
		straight[i] = i
	}
	if spearman(straight) != 1 {
		t.Error("the measure does not see an order")
	}
}

func TestWhenABatchGoes(t *testing.T) {
	now := time.Date(2016, 5, 5, 15, 0, 0, 0, time.UTC)
	fill := func(n int, due time.Time) (all []Waiting) {
		for i := range n {
			w := waitingAt(i)
			w.Due = due
			all = append(all, w)
		}
		return all
	}
	late, soon := now, now.Add(time.Minute)
	for _, c := range []struct {
		name string
		all  []Waiting
		want int
	}{
		{"nothing waits", nil, 0},
		{"too few, none due", fill(19, soon), 0},
		{"enough", fill(20, soon), 20},
		{"more than enough", fill(33, soon), 20},
		{"one is due", fill(3, late), 3},
		{"many are due", fill(45, late), 45},
	} {
		if got := Mix(c.all, 20, now, rand.New(rand.NewPCG(1, 2))); len(got) != c.want {
			t.Errorf("%s: %d", c.name, len(got))
		}
	}
}

func TestWhatWaitsIsKeptInNoOrder(t *testing.T) {
	dir, clock := t.TempDir(), newClock()
	v := openTest(t, dir, clock)
	const n = 30
	for i := range n {
		for range 2 {
			if err := v.Hold(waitingAt(i), time.Hour); err != nil {
				t.Fatal(err)
			}
		}
	}
	v = openTest(t, dir, clock)
	all, err := v.Held()
	if err != nil || len(all) != n {
		t.Fatal(len(all), err)
	}
	order := make([]int, n)
	for place, w := range all {
		if _, err := fmt.Sscanf(w.Pseudonym, "%x", &order[place]); err != nil {
			t.Fatal(err)
		}
	}
	if r := spearman(order); math.Abs(r) > 0.6 {
		t.Errorf("the file keeps the order of arrival: %.2f", r)
	}
	if err := v.Release(waitingAt(3).Key, waitingAt(4).Key, [32]byte{}); err != nil {
		t.Fatal(err)
	}
	if all, err := v.Held(); err != nil || len(all) != n-2 {
		t.Error(len(all), err)
	}
	if err := v.Release([32]byte{}); err != nil {
		t.Error(err)
	}
}

func TestWhatWaitsHasALimit(t *testing.T) {
	v := openTest(t, t.TempDir(), newClock())
	var all []Waiting
	for i := range maxWaiting {
		all = append(all, waitingAt(i))
	}
	if err := v.writeWaiting(all); err != nil {
		t.Fatal(err)
	}
	if err := v.Hold(waitingAt(maxWaiting), time.Hour); !errors.Is(err, ErrFull) {
		t.Error(err)
	}
	if err := v.Hold(waitingAt(1), time.Hour); err != nil {
		t.Error("what waits already is refused", err)
	}
	w := waitingAt(-1)
	w.Body = make([]byte, maxWaitingBody+1)
	if v.Hold(w, time.Hour) == nil {
		t.Error("too large a body was held")
	}
	w.Body, w.Pseudonym = nil, "yusuf"
	if v.Hold(w, time.Hour) == nil {
		t.Error("a name was held")
	}
}

func TestADamagedFileOfWhatWaitsIsSaid(t *testing.T) {
	v := openTest(t, t.TempDir(), newClock())
	for _, text := range []string{"{", `{"key":"00"}`, `{"key":"` + strings.Repeat("0", 64) + `","pseudonym":"yusuf"}`} {
		if err := os.WriteFile(v.path(fileWaiting), []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := v.Held(); err == nil {
			t.Errorf("%s was read", text)
		}
		if err := v.Hold(waitingAt(1), time.Hour); err == nil {
			t.Errorf("%s was written over", text)
		}
	}
}

func TestARewritingThatWasCutShortIsFinished(t *testing.T) {
	dir := t.TempDir()
	path := dir + "/small"
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	check := func(what, want string) {
		t.Helper()
		if err := shredOld(path); err != nil {
			t.Fatal(err)
		}
		files := filesOf(t, dir)
		if len(files) != 1 || string(files[path]) != want {
			t.Errorf("%s: %q", what, files)
		}
	}
	write(path, "one")
	write(path+".new", "tw")
	check("while the new one was written", "one")
	write(path+".new", "two")
	if err := os.Link(path, path+".old"); err != nil {
		t.Fatal(err)
	}
	check("between link and rename", "one")
	write(path+".old", "zero")
	check("before the old one was overwritten", "one")
	if err := rewrite(path, []byte("two")); err != nil {
		t.Fatal(err)
	}
	check("after a whole rewriting", "two")
}
