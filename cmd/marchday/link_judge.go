package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// agreement is how far a partition of reports agrees with the truth. A report
// with several incidents matches where any is shared.
type agreement struct {
	reports                       int
	both, found, true_            int64 // pairs: in both, in the result, in the truth
	precision, recall             float64
	f1                            float64
	cubedP, cubedR, cubedF1       float64
	tooMuch, tooLittle            int // incidents of the result that hold several true ones; true ones in several
	foundIncidents, trueIncidents int
}

// judge compares the labels found with those that are true, by report. Both map
// a report to its incidents.
func judge(found, truth map[string][]string) agreement {
	var a agreement
	ids := make([]string, 0, len(truth))
	for id := range truth {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	a.reports = len(ids)
	f, t := gather(ids, found), gather(ids, truth)
	a.foundIncidents, a.trueIncidents = len(f), len(t)
	a.found, a.true_ = pairsWithin(f), pairsWithin(t)
	for _, id := range ids {
		mates := map[string]bool{}
		same, mine, theirs := 0, 0, 0
		for _, in := range truth[id] {
			for _, m := range t[in] {
				if !mates[m] {
					mates[m] = true
					theirs++
				}
			}
		}
		seen := map[string]bool{}
		for _, in := range found[id] {
			for _, m := range f[in] {
				if !seen[m] {
					seen[m] = true
					mine++
					if mates[m] {
						same++
					}
				}
			}
		}
		a.both += int64(same - 1)
		a.cubedP += float64(same) / float64(mine)
		a.cubedR += float64(same) / float64(theirs)
	}
	a.both /= 2
	n := float64(max(len(ids), 1))
	a.cubedP, a.cubedR = a.cubedP/n, a.cubedR/n
	a.cubedF1 = harmonic(a.cubedP, a.cubedR)
	a.precision, a.recall = share(a.both, a.found), share(a.both, a.true_)
	a.f1 = harmonic(a.precision, a.recall)
	a.tooMuch, a.tooLittle = mixed(f, truth), mixed(t, found)
	return a
}

// gather returns, per incident, the reports of ids that it has. A report
// without an incident is one of its own.
func gather(ids []string, of map[string][]string) map[string][]string {
	out := map[string][]string{}
	for _, id := range ids {
		if len(of[id]) == 0 {
			of[id] = []string{"alone " + id}
		}
		for _, in := range of[id] {
			out[in] = append(out[in], id)
		}
	}
	return out
}

// pairsWithin counts the pairs of reports that share an incident, each once.
func pairsWithin(of map[string][]string) int64 {
	shared := map[[2]string]bool{} // pairs that may be counted twice
	several := map[string]int{}
	for _, ids := range of {
		for _, id := range ids {
			several[id]++
		}
	}
	var n int64
	for _, ids := range of {
		k := int64(len(ids))
		n += k * (k - 1) / 2
		for i, a := range ids {
			for _, b := range ids[:i] {
				if several[a] > 1 && several[b] > 1 {
					if shared[[2]string{b, a}] {
						n--
					}
					shared[[2]string{b, a}] = true
				}
			}
		}
	}
	return n
}

// mixed counts the sets that hold reports of more than one of the others.
func mixed(sets, of map[string][]string) int {
	n := 0
	for _, ids := range sets {
		common := map[string]int{}
		for _, id := range ids {
			for _, in := range of[id] {
				common[in]++
			}
		}
		whole := false
		for _, k := range common {
			whole = whole || k == len(ids)
		}
		if !whole {
			n++
		}
	}
	return n
}

func share(a, b int64) float64 {
	if b == 0 {
		return 1
	}
	return float64(a) / float64(b)
}

func harmonic(a, b float64) float64 {
	if a+b == 0 {
		return 0
	}
	return 2 * a * b / (a + b)
}

func (a agreement) write(w io.Writer) error {
	_, err := fmt.Fprintf(w, "%d reports, %d incidents found, %d true\n"+
		"pairwise  precision %.4f  recall %.4f  F1 %.4f  (%d pairs of %d found, %d true)\n"+
		"B-cubed   precision %.4f  recall %.4f  F1 %.4f\n"+
		"joined too much: %d incidents; too little: %d\n",
		a.reports, a.foundIncidents, a.trueIncidents, a.precision, a.recall, a.f1, a.both, a.found, a.true_,
		a.cubedP, a.cubedR, a.cubedF1, a.tooMuch, a.tooLittle)
	return err
}

// judge prints how far the run agrees with a truth file.
func (run *linkRun) judge(o linkOptions, out io.Writer) error {
	truth, err := readTruth(o.truth)
	if err != nil {
		return err
	}
	found := map[string][]string{}
	err = run.lines(o.onePer, func(l linkLine) error {
		if l.IncidentID != "" {
			found[l.ReportID] = append(found[l.ReportID], l.IncidentID)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return judge(found, truth).write(out)
}

// readTruth reads report_id,incident_id with a header; a report may stand in
// several lines.
func readTruth(name string) (map[string][]string, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open truth: %w", err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = 2
	truth := map[string][]string{}
	for line := 1; ; line++ {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return truth, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w: each line is report_id,incident_id", name, err)
		}
		if line > 1 {
			truth[row[0]] = append(truth[row[0]], row[1])
		}
	}
}
