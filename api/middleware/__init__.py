"""What every request passes before a route sees it; `stack` puts the layers in order."""
