package tokenizer

import "strings"

func variedMerges(merges []any, how any) any {
	switch how {
	case "pairs":
		pairs := make([]any, len(merges))
		for i, m := range merges {
			pairs[i] = strings.Split(m.(string), " ")
		}
		return pairs
	case "half":
		return merges[:900]
	case "none":
		return []any{}
	}
	return how
}
