using Figment.Box.Supervision;

return BoxProcess.Run(TimeProvider.System);
