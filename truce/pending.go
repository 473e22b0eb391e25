package truce

// Agreement, Losses and CaseFile are placeholders until the rules land.
type (
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
)
