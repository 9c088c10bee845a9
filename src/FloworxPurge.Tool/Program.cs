using FloworxPurge.Tool;

// The same program runs a second time, as a part of the application's process.
return args is [ApplicationProcess.Marker, ..]
    ? await ApplicationSide.RunAsync(args[1..]).ConfigureAwait(false)
    : await ToolCommand.RunAsync(args).ConfigureAwait(false);
