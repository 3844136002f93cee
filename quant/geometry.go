package quant

import "llada/runtime/asm"

// asm is a leaf, which imports nothing of ours, and restates the geometry that is
// defined here. Each line compiles only while both agree: a difference makes one
// of its constants negative.
const (
	_ = uint(TileRows-asm.PanelRows) + uint(asm.PanelRows-TileRows)
	_ = uint(TileCols-asm.PanelCols) + uint(asm.PanelCols-TileCols)
	_ = uint(TileRows*TileCols-asm.PanelBytes) + uint(asm.PanelBytes-TileRows*TileCols)
	_ = uint(GroupCols-asm.GroupCols) + uint(asm.GroupCols-GroupCols)
	_ = uint(BlockCols-asm.BlockCols) + uint(asm.BlockCols-BlockCols)
	_ = uint(Q4TileBytes-asm.Q4Tile) + uint(asm.Q4Tile-Q4TileBytes)
	_ = uint(Q6TileBytes-asm.Q6Tile) + uint(asm.Q6Tile-Q6TileBytes)
	_ = uint(Q8TileBytes-asm.Q8Tile) + uint(asm.Q8Tile-Q8TileBytes)
)
