package truce

// Verdict, Agreement, Losses and CaseFile are placeholders until the rules land.
type (
	// Verdict is one office's reading of an act.
	Verdict struct {
		Office OfficeID
		Answer Answer
	}
	// Agreement says whether readings agree.
	Agreement struct{ Agree bool }
	// Losses is a merged casualty figure.
	Losses struct{ Low, Best, High int32 }
	// CaseFile is a case as the docket keeps it.
	CaseFile struct {
		Number   int64
		Incident IncidentID
		State    CaseState
	}
	// Regime is the whole of a truce.
	Regime struct{}
)

// NewRegime returns a regime of which nothing was said yet.
func NewRegime() *Regime { return &Regime{} }

// Take folds one admitted statement in.
func (g *Regime) Take(index int64, at Instant, id StatementID, office OfficeID, s Statement) {}
